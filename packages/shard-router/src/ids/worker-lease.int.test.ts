import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import {
  ClockApartError,
  connectShardRouter,
  decodeNumber,
  initialiseCluster,
  migrateShards,
  openShardSessions,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardRouter,
  type ShardSessions,
} from '../index.ts';
import { workerRange } from './snowflake.ts';

const CLUSTER = 'leases';
const MONTH_MS = 30 * 86_400_000;
/** The lowest id that has no worker ids of its own, and the highest that there is. */
const IDS = [32, 1_023];

let namespace: Namespace;
let shards: readonly ShardConfig[];
let sessions: ShardSessions;
const routers: ShardRouter[] = [];

beforeAll(async () => {
  namespace = await testNamespace('leases');
  const urls = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',');
  shards = IDS.map((id, at) => ({ id, writer: urls[at]! }));
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  await initialiseCluster({ clusterId: CLUSTER, shards });
  sessions = openShardSessions(shards);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(routers.splice(0).map((router) => router.close()));
});

afterAll(async () => {
  await sessions.close();
  await namespace.drop();
});

async function openRouter(): Promise<ShardRouter> {
  const opened = await connectShardRouter({ clusterId: CLUSTER, shards });
  routers.push(opened);
  return opened;
}

/** Moves the clock of this process, and of nothing else. */
function moveClock(byMs: number): void {
  const real = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => real() + byMs);
}

async function slots(): Promise<readonly { token: string; aheadMs: number }[]> {
  const rows = await Promise.all(
    IDS.map((id) =>
      sessions.onShard(id, (session) =>
        session.query<{ token: string; ahead: string }>(
          `SELECT token, CAST(high_water_ms - UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS ahead
             FROM worker_leases ORDER BY slot`,
        ),
      ),
    ),
  );
  return rows.flat().map(({ token, ahead }) => ({ token, aheadMs: Number(ahead) }));
}

test('shards with ids of 32 and more lease worker ids, and numbers of two processes differ', async () => {
  const two = [await openRouter(), await openRouter()];
  const numbers = two.flatMap((each) => Array.from({ length: 500 }, () => each.drawNumber()));
  expect(new Set(numbers).size).toBe(1_000);
  const ranges = IDS.map((id) => workerRange(id, 0).firstSequence);
  for (const number of numbers) {
    const { sequence } = decodeNumber(number);
    expect(ranges.some((first) => sequence >= first && sequence < first + 64)).toBe(true);
  }
});

test.each([
  ['ahead of', MONTH_MS],
  ['behind', -MONTH_MS],
])('a process whose clock is a month %s the databases leases nothing and says so', async (_side, byMs) => {
  const before = await slots();
  moveClock(byMs);
  const wrong = await openRouter();
  const refused = (() => {
    try {
      return wrong.drawNumber();
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(ClockApartError);
  const { aheadMs, code } = refused as ClockApartError;
  expect(code).toBe('ROUTER_CLOCK_APART');
  expect(Math.abs(aheadMs - byMs)).toBeLessThan(60_000);
  jest.restoreAllMocks();
  expect((await slots()).map(({ token }) => token)).toEqual(before.map(({ token }) => token));
  expect((await openRouter()).drawNumber()).toBeGreaterThan(0n);
});

test('a lease reaches as far as the database says, whatever the time is in the process', async () => {
  moveClock(4_000);
  (await openRouter()).drawNumber();
  for (const { aheadMs } of await slots()) expect(aheadMs).toBeLessThanOrEqual(10_000);
});

test('slots that an earlier release has leased by a clock a month ahead are leased again', async () => {
  for (const id of IDS)
    await sessions.onShard(id, (session) =>
      session.execute(
        `UPDATE worker_leases SET leased_until = '1970-01-02', high_water_ms = UNIX_TIMESTAMP(NOW(3)) * 1000 + ?`,
        [MONTH_MS],
      ),
    );
  const number = (await openRouter()).drawNumber();
  expect(Math.abs(decodeNumber(number).timeMs - Date.now())).toBeLessThan(60_000);
});

test('a slot whose milliseconds may still be drawn in is left alone', async () => {
  for (const id of IDS)
    await sessions.onShard(id, (session) =>
      session.execute(
        `UPDATE worker_leases SET leased_until = '1970-01-02', high_water_ms = UNIX_TIMESTAMP(NOW(3)) * 1000 + 30000`,
      ),
    );
  const full = await openRouter();
  expect(() => full.drawNumber()).toThrow('no worker id is leased');
});
