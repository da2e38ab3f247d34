import { changeOpening, type OpeningState, readOpening } from '../sql/epoch-openings.ts';
import { refuseMissing } from './cluster-state.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';
import { EpochRefusedError } from './errors.ts';
import { follow } from './settle-epochs.ts';

/**
 * Aborts the opening of an epoch that is not decided yet: all shards are then as they were before. Can be run again.
 *
 * @throws EpochRefusedError when the epoch is active, which is final; when there is no opening; or when the opening is about
 *   a shard that is not configured: only with all of its shards is it known who decides and who has to follow
 */
export async function abortEpoch(cluster: EpochCluster, from: bigint, by: string): Promise<void> {
  const state = await abortOpening(cluster, from, by);
  if (state === 'aborted') return;
  throw new EpochRefusedError(
    state === undefined
      ? `no epoch is being opened at ${from}`
      : `the epoch at ${from} is ${state}: that is final. Opening another one changes what follows it`,
  );
}

/** Aborts an opening unless it is decided, makes every shard follow, and returns its state; undefined when there is none. */
export async function abortOpening(
  cluster: EpochCluster,
  from: bigint,
  by: string,
): Promise<OpeningState | undefined> {
  const opening = await cluster.onShard(arbiterOf(cluster), async (session) => {
    const noted = await readOpening(session, from);
    if (noted === undefined) return undefined;
    refuseMissing(cluster, JSON.parse(noted.shards) as readonly number[]);
    await changeOpening(session, from, { expected: 'preparing', state: 'aborted', by });
    return readOpening(session, from);
  });
  if (opening?.state === 'aborted' && opening.settled === 0) {
    const shards = JSON.parse(opening.shards) as readonly number[];
    await follow({ ...cluster, shards }, opening, 'aborted', by);
  }
  return opening?.state;
}
