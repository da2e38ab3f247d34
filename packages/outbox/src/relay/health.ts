import type { ShardRelay } from './shard-relay.ts';

type ShardStatus = ShardRelay['status'];

/** What a relay reports about itself. */
export interface RelayHealth {
  /** False when the relay is not ready, see {@link judgeHealth}. */
  readonly ok: boolean;
  readonly detail: {
    readonly status: 'ok' | 'degraded';
    /** Why it is degraded. */
    readonly problems: readonly string[];
    readonly shards: readonly ShardStatus[];
  };
}

/**
 * Judges the health of a relay. It is degraded when one shard is down, since the others are still relayed, and when something
 * is only late. It is not ready while it waits for its servers, when no shard is up, when events of a shard cannot be
 * published, when a table is behind and does not move, when a table's database has forgotten published ids, or when a shard
 * is refused.
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
      .filter(({ failing }) => failing.length > 0)
      .map(({ shard, failing }) => `events of shard ${shard} cannot be published: ${failing[0]}`),
    ...shards.flatMap(stallsOf).map((stall) => stall.text),
    ...shards.flatMap(forgottenOf),
    ...shards.flatMap(({ shard, twin }) =>
      twin === undefined ? [] : `shard ${shard}: another process runs under the instance id ${twin}`,
    ),
    ...shards.filter(({ blind }) => blind).map(({ shard }) => `shard ${shard}: ${BLIND}`),
    ...shards.flatMap(longGapsOf),
  ];
  const ok =
    waitingFor === undefined &&
    shards.some(({ state }) => state === 'up') &&
    shards.every(({ state, failing }) => state !== 'refused' && failing.length === 0) &&
    shards.every((shard) => stallsOf(shard).length === 0 && forgottenOf(shard).length === 0);
  return { ok, detail: { status: problems.length === 0 ? 'ok' : 'degraded', problems, shards } };
}

const BLIND = 'the user has not the PROCESS privilege, so ids that were rolled back stay open for longer';

/** The tables of a shard that do not move for another reason than the shard itself. */
function stallsOf({ shard, state, stalled }: ShardStatus): readonly { readonly text: string }[] {
  if (state !== 'up') return [];
  return stalled.map(({ table, forMs, cause }) => {
    const seconds = Math.floor(forMs / 1_000);
    return {
      text: `shard ${shard}, ${table}: has not moved for ${seconds} s${cause === undefined ? '' : `: ${cause}`}`,
    };
  });
}

/** Names the published ids that a shard's database has forgotten. */
function forgottenOf({ shard, forgotten = [] }: ShardStatus): readonly string[] {
  return forgotten.map(
    ({ table, published, known }) =>
      `shard ${shard}, ${table}: the database knows of ids up to ${known}, and ${published} was published: was there a fail-over to one that lacked them? See docs/restored-shards.md`,
  );
}

function longGapsOf({ shard, longGaps }: ShardStatus): string[] {
  if (longGaps === undefined) return [];
  const { tables, holder } = longGaps;
  const seconds = Math.floor(Math.max(...tables.map(({ oldestGapMs }) => oldestGapMs)) / 1_000);
  const who = holder === undefined ? '' : `; the oldest that writes is ${holder}`;
  return [
    `shard ${shard}: ids of ${tables.map(({ table }) => table).join(', ')} are open for ${seconds} s: a transaction that has taken them has not ended${who}`,
  ];
}
