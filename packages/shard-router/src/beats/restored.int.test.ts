import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type Beat,
  isLater,
  openShardSessions,
  readBeats,
  type ShardRouter,
  type ShardSession,
  type ShardSessions,
  setBeat,
} from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

const RESTORED = 1;

let cluster: TestCluster;
let sessions: ShardSessions;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('restored');
  sessions = openShardSessions(cluster.shards);
  router = await cluster.router();
});

afterAll(async () => {
  await sessions.close();
  await cluster.end();
});

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const keptOn = (shard: number, of = RESTORED): Promise<Beat | undefined> =>
  sessions.onShard(shard, async (session) => (await readBeats(session)).find((beat) => beat.shard === of));

/** Ends all other connections to the database, as a server does that is stopped. */
async function endConnections(session: ShardSession): Promise<void> {
  const others = await session.query<{ id: string }>(
    'SELECT CAST(id AS CHAR) AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
  );
  for (const { id } of others) await session.execute(`KILL ${BigInt(id)}`).catch(() => undefined);
}

const write = (by: ShardRouter, number: bigint) =>
  by.transaction({ number }, (tx) =>
    tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
  );

const readOne = (by: ShardRouter, number: bigint) =>
  by.readRows(number, { sql: 'SELECT body FROM notes WHERE number = ?', values: [number] });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error & { code?: string }) => error.code ?? error.message,
  );

test('a shard that was restored serves nothing, to whoever was there and to whoever comes, until it was recovered', async () => {
  await until('the beat has risen, and is kept', async () => {
    const [own, kept] = [await keptOn(RESTORED), await keptOn(0)];
    return own !== undefined && kept !== undefined && own.beat > 2n && !isLater(kept, own);
  });
  const before = router.drawNumber(RESTORED);
  await write(router, before);

  await sessions.onShard(RESTORED, async (session) => {
    await setBeat(session, { shard: RESTORED, incarnation: 1, beat: 1n });
    await endConnections(session);
  });
  const codes: string[] = [];
  await until('it is noticed', async () => {
    // Many at once, each the first on a connection of its own, and one statement each.
    const reads = Array.from({ length: 8 }, () => codeOf(readOne(router, before)));
    codes.push(...(await Promise.all([...reads, codeOf(write(router, router.drawNumber(RESTORED)))])));
    return codes.at(-1) === 'ROUTER_SHARD_RESTORED';
  });
  // A connection that was cut is told as such.
  expect(
    codes.filter((code) => !['ROUTER_SHARD_RESTORED', 'ROUTER_SHARD_UNAVAILABLE'].includes(code)),
  ).toEqual([]);
  const read = (by: ShardRouter) =>
    codeOf(by.read(before, (session) => session.query('SELECT body FROM notes WHERE number = ?', [before])));
  expect(await read(router)).toBe('ROUTER_SHARD_RESTORED');
  const late = await cluster.router();
  expect([await codeOf(write(late, before)), await read(late)]).toEqual(
    Array(2).fill('ROUTER_SHARD_RESTORED'),
  );
  expect([router.liveShards(), late.liveShards()]).toEqual([[0], [0]]);
  await write(late, late.drawNumber());
  // No router has raised the beat of the restored shard in the meantime.
  expect(await keptOn(RESTORED)).toMatchObject({ incarnation: 1, beat: 1n });

  await sessions.onShard(RESTORED, (session) =>
    setBeat(session, { shard: RESTORED, incarnation: 2, beat: 1n }),
  );
  await until('it is used again', async () => late.liveShards().length + router.liveShards().length === 4);
  await write(router, router.drawNumber(RESTORED));
  expect(await read(late)).toBe('done');
  await until('the others know of the recovery', async () => (await keptOn(0))?.incarnation === 2);
});
