import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { inTransaction, loadMap, ShardUnavailableError } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { openNextEpoch } from '../epochs/open-next-epoch.ts';
import { MapLease } from '../lease/map-lease.ts';
import { cleanUp } from '../move/clean-up.ts';
import { verifyMoves } from '../move/verify-moves.ts';
import { moveBuckets, resumeMoves } from '../move/move-buckets.ts';
import { OPTIONS, RideCluster } from '../move/rides.fixture.ts';
import { makePlan } from '../plan/make-plan.ts';
import { type Backup, backUp, restore } from './databases.fixture.ts';
import { ClaimChangedError, MemberAbsentError, type OwnershipError, ShardBehindError } from './errors.ts';
import { proveOwnership } from './proof.ts';
import { publishProved, sealMembers } from './publish.ts';
import { sealClaims } from './seal-claims.ts';

let rides: RideCluster;
let cluster: OperatorCluster;
let whole: readonly Backup[];
const BY = { by: 'test', what: 'a test' };

beforeAll(async () => {
  rides = await RideCluster.start(8, 3);
  ({ cluster } = rides);
  for (let bucket = 0; bucket < 8; bucket += 1) await rides.takeRides(bucket, 2);
  await sealMembers(cluster, BY);
  whole = await Promise.all(cluster.shards.map((shard) => rides.on(shard, (session) => backUp(session))));
});

afterAll(async () => rides.end());

beforeEach(async () => {
  for (const [shard, backup] of whole.entries()) await rides.on(shard, (session) => restore(session, backup));
});

/** A cluster of which one shard does not answer. */
function without(dead: number): OperatorCluster {
  return {
    ...cluster,
    onShard: (shard, fn) =>
      shard === dead
        ? Promise.reject(new ShardUnavailableError(shard, 'it is away'))
        : cluster.onShard(shard, fn),
  };
}

const onAll = (sql: string) =>
  Promise.all(cluster.shards.map((shard) => rides.on(shard, (session) => session.execute(sql))));

const newestMap = () => loadMap(cluster.shards, cluster.clusterId, cluster.onShard);

/** Whatever goes by owners. */
const COMMANDS: readonly [name: string, run: () => Promise<unknown>][] = [
  ['resume', () => resumeMoves(cluster, OPTIONS)],
  ['verify', () => verifyMoves(cluster)],
  ['cleanup', () => cleanUp(cluster, { ...OPTIONS, graceMs: 0 })],
  ['plan', () => makePlan(cluster, { rowsPerSecond: 1, parallel: 1 })],
  [
    'run',
    async () =>
      moveBuckets(cluster, await rides.plan({ kind: 'numbers', bucket: 3, from: 0, to: 1 }), OPTIONS),
  ],
  ['epoch open', () => openNextEpoch(cluster, { beginsInMs: 90_000, wishes: {}, by: 'test' })],
];

test('a bucket with two owners stops whatever goes by owners, and is named with both shards and what lies there', async () => {
  const before = await backUp2();
  await moveBuckets(cluster, await rides.plan({ kind: 'numbers', bucket: 4, from: 1, to: 0 }), OPTIONS);
  await rides.on(1, (session) => restore(session, before));
  // As on shards whose owners nobody has sealed yet.
  await onAll('DELETE FROM shard_seals');
  const { version } = await newestMap();
  for (const [name, run] of COMMANDS) {
    const refused: unknown = await run().catch((error: unknown) => error);
    expect({ name, refused }).toMatchObject({ name, refused: { code: 'REBALANCE_OWNERSHIP', exitCode: 3 } });
  }
  const error = (await verifyMoves(cluster).catch((each: unknown) => each)) as OwnershipError;
  expect(error.message).toMatch(
    /bucket 4 of numbers is owned by shards 0 and 1 \(rows: \d+ on shard 0, \d+ on shard 1\)/,
  );
  expect(error.faults).toMatchObject([{ kind: 'numbers', shards: [0, 1], buckets: [4] }]);
  expect(error.faults[0]!.rows.every(({ rows }) => rows >= 2)).toBe(true);
  expect((await newestMap()).version).toBe(version);
  expect(await rides.lost()).toEqual([]);
});

const backUp2 = () => rides.on(1, (session) => backUp(session));

test('what no shard owns stops it too: a target that was restored has forgotten what it got', async () => {
  const before = await rides.on(0, (session) => backUp(session));
  await moveBuckets(cluster, await rides.plan({ kind: 'texts', bucket: 1, from: 1, to: 0 }), OPTIONS);
  await rides.on(0, (session) => restore(session, before));
  await onAll('DELETE FROM shard_seals');
  await expect(verifyMoves(cluster)).rejects.toThrow(/bucket 1 of texts is owned by no shard/);
});

test('a restored shard is told by what others keep of it, also where nothing has two owners', async () => {
  const before = await backUp2();
  await moveBuckets(cluster, await rides.plan({ kind: 'keys', bucket: 1, from: 1, to: 2 }), OPTIONS);
  await moveBuckets(cluster, await rides.plan({ kind: 'keys', bucket: 1, from: 2, to: 1 }), OPTIONS);
  await rides.on(1, (session) => restore(session, before));
  for (const [name, run] of COMMANDS) {
    const refused: unknown = await run().catch((error: unknown) => error);
    expect({ name, refused }).toMatchObject({ name, refused: { code: 'REBALANCE_SHARD_BEHIND', shard: 1 } });
  }
  await expect(proveOwnership(cluster)).rejects.toThrow(ShardBehindError);
  await expect(proveOwnership(cluster)).rejects.toThrow(
    /shard 1: .* shard [02] keeps version \d+ .* Was it restored/,
  );
});

test('while a member is away, others move and its last seal stands for it; what changes it is refused', async () => {
  const away = without(2);
  const plan = await rides.plan(
    { kind: 'numbers', bucket: 0, from: 0, to: 1 },
    { kind: 'keys', bucket: 3, from: 0, to: 1 },
  );
  await moveBuckets(away, plan, OPTIONS);
  const map = await loadMap([0, 1], cluster.clusterId, cluster.onShard);
  expect(map.epochs[0]!.owners.slice(0, 3)).toEqual([1, 1, 2]);
  expect(await rides.lost()).toEqual([]);
  await expect(openNextEpoch(away, { beginsInMs: 90_000, wishes: {}, by: 'test' })).rejects.toThrow(
    /shard 2/,
  );
  const giving = await rides.plan({ kind: 'numbers', bucket: 2, from: 2, to: 0 });
  await expect(moveBuckets(away, giving, OPTIONS)).rejects.toMatchObject({
    code: 'REBALANCE_PARTICIPANT',
    shard: 2,
  });
  const changed = publishProved(away, BY, ({ map: known }) => ({
    ...known,
    textOwners: known.textOwners!.map((owner) => (owner === 2 ? 0 : owner)),
  }));
  await expect(changed).rejects.toThrow(MemberAbsentError);
  await expect(changed).rejects.toThrow(/shard 2 does not answer, and the map would give texts of bucket 2/);
  // Nothing is left by which one could say what it owned.
  await onAll('DELETE FROM shard_seals');
  await expect(proveOwnership(away)).rejects.toThrow(/no other shard knows what it owned/);
  await expect(sealMembers(without(0), BY)).rejects.toThrow(/shard 0 does not answer/);
});

test('a claim that changes between the proof and what goes by it voids the proof', async () => {
  const proof = await proveOwnership(cluster);
  await rides.on(2, (session) =>
    session.execute("UPDATE text_fences SET state = 'frozen', next_owner = 0 WHERE bucket = 2"),
  );
  await expect(sealClaims(cluster, proof, async () => undefined)).rejects.toThrow(ClaimChangedError);
  // One that changes on the way is proved anew.
  let looks = 0;
  await publishProved(
    {
      ...cluster,
      onShard: (shard, fn) =>
        cluster.onShard(shard, (session) =>
          fn({
            ...session,
            shard,
            execute: (sql, values) => session.execute(sql, values),
            query: async (sql, values) => {
              const rows = await session.query<never>(sql, values);
              // After the second look of the first try.
              if (shard === 2 && sql.includes('FROM text_fences') && (looks += 1) === 2)
                await cluster.onShard(2, (other) =>
                  other.execute("UPDATE text_fences SET state = 'owned', next_owner = NULL WHERE bucket = 2"),
                );
              return rows;
            },
          }),
        ),
    },
    BY,
    ({ map }) => map,
  );
  expect(looks).toBeGreaterThan(3);
});

test('who publishes has a token that every shard checks: one that was thought dead stores nothing any more', async () => {
  const dead = await MapLease.acquire(cluster.onShard, cluster.shards, {
    holder: 'ann',
    what: 'x',
    leaseMs: 100,
  });
  dead.stop();
  const next = await MapLease.acquire(cluster.onShard, cluster.shards, { holder: 'bob', what: 'y' });
  for (const shard of cluster.shards) {
    const checked = (lease: MapLease) =>
      rides.on(shard, (session) => inTransaction(session, () => lease.check(session)));
    await checked(next);
    await expect(checked(dead)).rejects.toMatchObject({ code: 'REBALANCE_LEASE_LOST', shard });
  }
  await next.release();
  // The deciding shard was restored: its token begins above what others have seen.
  await rides.on(0, (session) => session.execute("UPDATE operation_leases SET token = 0 WHERE name = 'map'"));
  const again = await MapLease.acquire(cluster.onShard, cluster.shards, { holder: 'cid', what: 'z' });
  await expect(
    rides.on(1, (session) => inTransaction(session, () => next.check(session))),
  ).rejects.toMatchObject({ code: 'REBALANCE_LEASE_LOST' });
  await again.release();
});
