import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isLater, type KeptBeat, readBeats, setBeat, type ShardSession } from '@ordershard/shard-router';
import { fileURLToPath } from 'node:url';
import { inThisProcess } from '../cli/cli.fixture.ts';
import { cleanUp } from '../move/clean-up.ts';
import { moveBuckets } from '../move/move-buckets.ts';
import { OPTIONS, RideCluster } from '../move/rides.fixture.ts';
import { verifyMoves } from '../move/verify-moves.ts';
import { type Backup, backUp, restore } from '../ownership/databases.fixture.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { sealMembers } from '../ownership/publish.ts';

const RESTORED = 1;
const BY = { by: 'test', what: 'a test' };

let rides: RideCluster;

beforeAll(async () => {
  rides = await RideCluster.start(8, 3);
});

afterAll(() => rides.end());

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function tablesOf(session: ShardSession): Promise<readonly string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`,
  );
  return rows.map(({ name }) => name);
}

/** Ends the connections of all others, as a server does that is stopped. */
async function endConnections(session: ShardSession): Promise<void> {
  const others = await session.query<{ id: string }>(
    'SELECT CAST(id AS CHAR) AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
  );
  for (const { id } of others) await session.execute(`KILL ${BigInt(id)}`).catch(() => undefined);
}

const beatOn = (shard: number) =>
  rides.on(shard, async (session) => (await readBeats(session)).find((beat) => beat.shard === RESTORED));

const command = (text: string) =>
  inThisProcess(text, {
    ORDERSHARD_CLUSTER: rides.cluster.clusterId,
    ORDERSHARD_MYSQL_URLS: rides.shards.shards.map(({ writer }) => writer).join(','),
    ORDERSHARD_REGISTRY: fileURLToPath(new URL('../cli/registry.fixture.ts', import.meta.url)),
  });

test('a restored shard is recovered: what it gave away stays away, what it was given goes back, and only what it had committed since is lost', async () => {
  const given = await rides.takeRides(1, 3);
  const got = await rides.takeRides(2, 3);
  const kept = await rides.takeRides(4, 3);
  await sealMembers(rides.cluster, BY);
  await until('its beat is kept', async () => ((await beatOn(2))?.beat ?? 0n) > 1n);
  const refused = await command('shard recover 1 --yes --reason test');
  expect(refused.stderr).toContain('it has forgotten nothing');
  expect(refused.code).toBe(3);
  const backup = await rides.on(RESTORED, async (session) => backUp(session, await tablesOf(session)));

  const lost = await rides.takeRides(4, 2);
  await moveBuckets(
    rides.cluster,
    await rides.plan(
      { kind: 'numbers', bucket: 1, from: 1, to: 0 },
      { kind: 'numbers', bucket: 2, from: 2, to: 1 },
      { kind: 'keys', bucket: 7, from: 1, to: 2 },
      { kind: 'texts', bucket: 3, from: 0, to: 1 },
    ),
    OPTIONS,
  );
  await until('the beat has gone on', async () => ((await beatOn(2))?.beat ?? 0n) > 3n);

  await rides.on(RESTORED, async (session) => {
    await restore(session, backup);
    await endConnections(session);
  });
  await until('it is noticed', async () => !rides.router.liveShards().includes(RESTORED));
  await expect(proveOwnership(rides.cluster)).rejects.toThrow(/shard-rebalance shard recover 1/);

  const dry = await command('shard recover 1 --dry-run');
  expect(dry.stderr).toContain('What it committed after');
  expect(rides.router.liveShards()).toEqual([0, 2]);
  const done = await command('shard recover 1 --yes --reason test --output json');
  expect(done.stderr).toContain('its fences by the word of the others');
  expect(JSON.parse(done.stdout)).toMatchObject({ shard: 1, 'gave away': 2, 'came back to others': 2 });
  expect(done.code).toBe(0);

  await proveOwnership(rides.cluster);
  await until('it is used again', async () => rides.router.liveShards().length === 3);
  await rides.router.refreshMap();
  expect(new Set(await rides.lost())).toEqual(new Set(lost));
  for (const number of lost) rides.acknowledged.delete(number);
  for (const number of [...given, ...got, ...kept]) await rides.changeStop(number);
  expect(await rides.ownersOf('numbers', 2)).toEqual([2]);
  expect(await rides.ownersOf('keys', 7)).toEqual([2]);
  expect(await rides.ownersOf('texts', 3)).toEqual([0]);

  // What it gave away is noted, compared and cleaned up as after any move; then all moves again.
  expect(await verifyMoves(rides.cluster)).toEqual([]);
  await until('the worker slots are at rest no more', async () => {
    const [row] = await rides.on(RESTORED, (session) =>
      session.query<{ n: string }>(
        'SELECT CAST(COUNT(*) AS CHAR) AS n FROM worker_leases WHERE high_water_ms > UNIX_TIMESTAMP(NOW(3)) * 1000 + 20000',
      ),
    );
    return row!.n === '0';
  });
  expect(await cleanUp(rides.cluster, { ...OPTIONS, graceMs: 0 })).toBeGreaterThan(0);
  expect(await rides.rowsOn(RESTORED, 1)).toBe(0);
  await moveBuckets(
    rides.cluster,
    await rides.plan(
      { kind: 'numbers', bucket: 2, from: 2, to: 1 },
      { kind: 'keys', bucket: 7, from: 2, to: 1 },
    ),
    OPTIONS,
  );
  await rides.takeRides(2, 2);
  expect(await rides.lost()).toEqual([]);
}, 240_000);

test('a recovery counts above what anybody has seen, also of the recovery before', async () => {
  const before = (await beatOn(RESTORED))!;
  expect(before.incarnation).toBe(2);
  await until('the recovery is kept', async () => (await beatOn(2))?.incarnation === 2);
  await rides.on(RESTORED, (session) => setBeat(session, { shard: RESTORED, incarnation: 1, beat: 1_000n }));
  const done = await command('shard recover 1 --yes --reason test --output json');
  expect(done.code).toBe(0);
  expect((await beatOn(RESTORED))!.incarnation).toBe(3);
});

interface Dated {
  readonly tables: Backup;
  readonly beat: KeptBeat;
}

/** Restores the shard from a backup, and recovers it. */
async function restoreFrom({ tables, beat }: Dated): Promise<void> {
  await until('a later beat is kept', async () => {
    const kept = await beatOn(2);
    return kept !== undefined && isLater(kept, beat);
  });
  await rides.on(RESTORED, async (session) => {
    await restore(session, tables);
    await endConnections(session);
  });
  await until('it is noticed', async () => !rides.router.liveShards().includes(RESTORED));
  const done = await command('shard recover 1 --yes --reason test --output json');
  expect(done).toMatchObject({ code: 0 });
  await until('it is used again', async () => rides.router.liveShards().length === 3);
  await rides.router.refreshMap();
}

const backUpRestored = async (): Promise<Dated> => ({
  tables: await rides.on(RESTORED, async (session) => backUp(session, await tablesOf(session))),
  beat: (await beatOn(RESTORED))!,
});

/** Moves a bucket of numbers from shard to shard, without cleaning up. */
async function passOn(bucket: number, ...shards: readonly number[]): Promise<void> {
  for (const [at, to] of shards.slice(1).entries()) {
    await moveBuckets(
      rides.cluster,
      await rides.plan({ kind: 'numbers', bucket, from: shards[at]!, to }),
      OPTIONS,
    );
  }
}

test('what a restored shard was given and had given on stays with whom it was given on to', async () => {
  const before = await rides.takeRides(3, 2);
  const [owner] = await rides.ownersOf('numbers', 3);
  if (owner !== 0) await passOn(3, owner!, 0);
  await passOn(3, 0, 1, 2);
  const backup = await backUpRestored();
  const after = await rides.takeRides(3, 2);
  await restoreFrom(backup);
  expect(await rides.ownersOf('numbers', 3)).toEqual([2]);
  for (const number of [...before, ...after]) await rides.changeStop(number);
  expect(await rides.lost()).toEqual([]);
});

test('of several that had given a restored shard the same, the last one has it back', async () => {
  const [owner] = await rides.ownersOf('numbers', 5);
  if (owner !== 0) await passOn(5, owner!, 0);
  const first = await rides.takeRides(5, 2);
  await passOn(5, 0, 1, 2);
  const second = await rides.takeRides(5, 2);
  const backup = await backUpRestored();
  await passOn(5, 2, 1);
  await restoreFrom(backup);
  expect(await rides.ownersOf('numbers', 5)).toEqual([2]);
  for (const number of [...first, ...second]) await rides.changeStop(number);
  expect(await rides.lost()).toEqual([]);
});
