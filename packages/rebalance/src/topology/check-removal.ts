import { assignmentsOf, epochRanges, type ShardMap, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { allBooked } from '../move/books.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { readDays } from '../sql/retention/retention-days.ts';
import { countAllUnsettled, readRelayState } from '../sql/settled.ts';
import { hasDirectory } from '../sql/topology/retire.ts';
import { fenceStates } from '../sql/topology/shard-facts.ts';
import { clusterMap, withShards } from './cluster-map.ts';
import { readDatabase } from './database-state.ts';
import { countRegistered } from './registered-rows.ts';

/** What was found of a shard that is to leave the cluster. */
export interface Removal {
  readonly shard: number;
  readonly map: ShardMap;
  /** The members of now by the map, lowest id first. */
  readonly members: readonly number[];
  /** Whether the map does not list the shard any more: then only its database still has to be given up. */
  readonly isGone: boolean;
  /** Events that are published and still lie there; they go with it. At the most {@link MAX_COUNTED}. */
  readonly events: number;
}

/** Rows are counted up to this limit. */
export const MAX_COUNTED = 1_000_000;

const MOVED = ['moved', 'sealed'];

/**
 * Looks whether a shard can leave the cluster: it owns nothing, nothing lies on it but events that are published, and no
 * book names it. Changes nothing.
 *
 * @throws ShardRefusedError saying what is in the way, and what to do
 * @throws MemberMissingError, OwnershipError and others of `proveOwnership`; ShardUnavailableError when a shard does not answer
 */
export async function checkRemoval(cluster: OperatorCluster, shard: number): Promise<Removal> {
  const refuse = (message: string) => new ShardRefusedError(shard, message);
  if (!cluster.shards.includes(shard))
    throw refuse('it is not configured: leave it in the shards file until it is removed');
  const map = await clusterMap(cluster);
  const members = shardsOfMap(map);
  const isGone = !members.includes(shard);
  const { identity, tables } = await cluster.onShard(shard, readDatabase);
  const isOurs = identity?.cluster_id === cluster.clusterId && identity.shard_id === shard;
  if (isGone && !isOurs) throw refuse(`it is not one of the cluster (${members.join(', ')})`);
  if (!isGone && members.length === 1) throw refuse('it is the only one of the cluster');
  await proveOwnership(withShards(cluster, members));

  const byMap = assignmentsOf(map)
    .flat()
    .filter((owner) => owner === shard).length;
  const states = tables.includes('text_fences') ? await cluster.onShard(shard, fenceStates) : [];
  const owned = states.filter(({ state }) => !MOVED.includes(state));
  if (byMap > 0 || owned.length > 0) throw refuse(ownsText(map, shard, owned.length > 0));
  const booked = (await allBooked(withShards(cluster, [...members, shard]))).filter(
    ({ source, target, step }) =>
      (source === shard || target === shard) && step !== 'cleaned' && step !== 'revoked',
  );
  const unmoved = booked.find(({ step }) => step !== 'moved');
  if (unmoved !== undefined)
    throw refuse(
      `bucket ${unmoved.bucket} is on its way, at the step ${unmoved.step}: \`resume\` or \`rollback\` first`,
    );
  if (booked.length > 0)
    throw refuse(
      `${booked.length} moves from or to it are not cleaned up: \`verify\`, then \`cleanup\` (once their grace is over, or with --grace 0)`,
    );
  return { shard, map, members, isGone, events: await eventsLeft(cluster, shard) };
}

/** Counts the published events on a shard on which nothing else may lie. @throws ShardRefusedError */
async function eventsLeft(cluster: OperatorCluster, shard: number): Promise<number> {
  const refuse = (message: string) => new ShardRefusedError(shard, message);
  return cluster.onShard(shard, async (session) => {
    const found = await countRegistered(session, cluster.tables, MAX_COUNTED);
    const rows = found.find(({ isOutbox }) => !isOutbox);
    if (rows !== undefined)
      throw refuse(
        `it has ${rows.rows.toLocaleString('en-US')} rows of ${rows.table}, which are nobody's: look where they come from`,
      );
    for (const { table } of found) {
      const relay = await readRelayState(session, table);
      if (relay.engine === 'connect')
        throw refuse(`Debezium relays ${table}: give its tables back to the embedded relay first`);
      const unpublished = await countAllUnsettled(session, table, relay);
      if (unpublished > 0n)
        throw refuse(`${unpublished} events of ${table} are not published: look at the relay, then again`);
    }
    if (await hasDirectory(session))
      throw refuse('it keeps the directory of keys (directory_entries): move that to another database first');
    const leaving = (await readDays(session)).find(({ step }) => step !== 'dropped');
    if (leaving !== undefined)
      throw refuse(`${leaving.day} is ${leaving.step} there: \`retention run\` ends it`);
    return found.reduce((sum, { rows: count }) => sum + count, 0);
  });
}

/**
 * Returns a text for the operator: why a shard is still needed, by the map or by its own fences, and which command ends that.
 */
export function ownsText(map: ShardMap, shard: number, claims: boolean): string {
  const ranges = epochRanges(map);
  const newest = ranges.at(-1)!;
  const count = (owners: readonly number[]) => owners.filter((owner) => owner === shard).length;
  const [numbers, keys] = [count(newest.owners), count(newest.keyOwners)];
  if (numbers + keys === 0 && !claims)
    // Keys that an epoch has taken over are looked for there as well; no move takes that away.
    return 'idempotency keys of an epoch before are looked for there: `epoch close` ends that, once the retention of that epoch is over';
  return numbers + keys > 0
    ? `it owns ${numbers} buckets of numbers and ${keys} of keys: \`run --empty ${shard}\` moves them away, or \`drain ${shard}\` lets them run out`
    : `it owns what was written before the newest epoch, or was carried over: it is empty when the retention of that is over and \`epoch close\` has given it up, or \`run --empty ${shard}\` moves it away now`;
}
