import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testCluster, type TestCluster } from '../router.fixture.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await testCluster('close');
});

afterAll(() => cluster?.end());

test('a router closes while a statement is under way that takes longer than the drain, and its caller is told', async () => {
  const router = await cluster.router({ drainMs: 100 });
  const number = router.drawNumber(0);
  const slow = router.withKey(number, () => router.pool.promise().query('SELECT SLEEP(600)'));
  const told = slow.then(
    () => undefined,
    (error: unknown) => error,
  );
  const operator = router
    .onShard(0, (session) => session.query('SELECT SLEEP(600)'))
    .catch((error: unknown) => error);
  await router.onShard(1, (session) => session.query('SELECT 1'));
  await router.close();
  expect(await told).toMatchObject({ code: 'ROUTER_CLOSED' });
  expect(await operator).toMatchObject({ code: 'ROUTER_CLOSED' });
});

test('a router closes while a stream is not read', async () => {
  const router = await cluster.router({ drainMs: 100 });
  const rows = `WITH RECURSIVE s AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM s WHERE i < 900) SELECT i, REPEAT('x', 1000) AS t FROM s`;
  let release: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  const scope = router.withKey(router.drawNumber(0), async () => {
    const stream = router.pool.query(rows).stream();
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('readable', resolve));
    stream.read();
    await held;
  });
  await router.close();
  release!();
  await scope;
});
