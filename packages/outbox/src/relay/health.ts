import type { ShardRelay } from './shard-relay.ts';

type ShardStatus = ShardRelay['status'];

/** What a relay says of itself. */
export interface RelayHealth {
  /** False when it relays nothing at all, or Kafka does not take it. */
  readonly ok: boolean;
  readonly detail: {
    readonly status: 'ok' | 'degraded';
    /** Why it is degraded. */
    readonly problems: readonly string[];
    readonly shards: readonly ShardStatus[];
  };
}

/**
 * Judges a relay. One shard that is down degrades it, since the others are relayed; with no shard, with Kafka refusing,
 * or when something refused for good, it is not ready.
 */
export function judgeHealth(shards: readonly ShardStatus[], waitingFor: string | undefined): RelayHealth {
  const problems = [
    ...(waitingFor === undefined ? [] : [waitingFor]),
    ...shards
      .filter(({ state }) => state !== 'up')
      .map(
        ({ shard, state, problem }) =>
          `shard ${shard} is ${state}${problem === undefined ? '' : `: ${problem}`}`,
      ),
    ...shards
      .filter(({ failing }) => failing > 0)
      .map(({ shard }) => `Kafka does not take the events of shard ${shard}`),
  ];
  const ok =
    waitingFor === undefined &&
    shards.some(({ state }) => state === 'up') &&
    shards.every(({ state, failing }) => state !== 'refused' && failing === 0);
  return { ok, detail: { status: problems.length === 0 ? 'ok' : 'degraded', problems, shards } };
}
