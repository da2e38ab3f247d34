import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { DeadlineExceededError } from '../errors.ts';
import { withShardSessions } from '../pools/with-shard-sessions.ts';
import { testCluster, type TestCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';
import { scatterStatement } from '../sql/scatter-page.ts';
import { checkQuery, type ScatterQuery } from './query.ts';
import { routerScatterPort } from './router-port.ts';
import { scatter, scatterPage, type ScatterPort } from './scatter.ts';

interface Row {
  readonly number: bigint;
  readonly name: string;
  readonly at: string;
}

const query: ScatterQuery = {
  from: {
    table: 'scatter_rows',
    columns: { number: 'integer', bucket: 'integer', name: 'text', at: 'datetime', status: 'other' },
    key: ['number'],
  },
  select: ['number', 'name'],
  orderBy: [{ column: 'name' }, { column: 'at', direction: 'desc' }, { column: 'number' }],
};

let cluster: TestCluster;
let router: ShardRouter;
let port: ScatterPort;

beforeAll(async () => {
  cluster = await testCluster('scatter');
  await withShardSessions(cluster.shards, (session) =>
    session.execute(`CREATE TABLE scatter_rows (
      number BIGINT NOT NULL PRIMARY KEY, bucket SMALLINT UNSIGNED NOT NULL, name VARCHAR(64) NOT NULL,
      at DATETIME(3) NOT NULL, status ENUM('open', 'done') NOT NULL, KEY by_name (name, at DESC, number)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`),
  );
  router = await cluster.router();
  port = routerScatterPort(router);
});

afterAll(() => cluster?.end());

beforeEach(async () => {
  for (const { id } of cluster.shards) {
    await router.onShard(id, (session) => session.execute('DELETE FROM scatter_rows'));
  }
});

/** Puts rows on a shard, whether it owns their buckets or not. */
async function insertRows(shard: number, rows: readonly Row[], table = 'scatter_rows'): Promise<void> {
  if (rows.length === 0) return;
  await router.onShard(shard, (session) =>
    session.execute(
      `INSERT INTO ${table} (number, bucket, name, at, status) VALUES ${rows.map(() => '(?, ?, ?, ?, ?)').join(', ')}`,
      rows.flatMap(({ number, name, at }) => [
        number,
        router.bucketOf(number),
        name,
        at,
        number % 2n === 0n ? 'open' : 'done',
      ]),
    ),
  );
}

/** Puts each row on the shard that owns it. */
async function insertOwned(rows: readonly Row[]): Promise<void> {
  for (const { id } of cluster.shards)
    await insertRows(
      id,
      rows.filter(({ number }) => router.shardOf(number) === id),
    );
}

/** Rows whose names are hard to order, many of them alike. */
function hardRows(count: number): Row[] {
  const letters = [
    '',
    'a',
    'A',
    ' ',
    '\t',
    '!',
    'z',
    'ä',
    'Ω',
    '한',
    '～',
    '\uE000',
    '\u{1F600}',
    '\u{10FFFF}',
    '0',
    '~',
  ];
  return Array.from({ length: count }, (_, i) => {
    const pick = (step: number) => letters[(Math.imul(i + 1, step) % 97) % letters.length]!;
    return {
      number: (BigInt(i) << 40n) + BigInt(i * 7919),
      name: pick(31) + pick(17) + pick(5),
      at: `2026-03-0${1 + (i % 3)} 12:00:00.${String(i % 5).padStart(3, '0')}`,
    };
  });
}

test('rows come in the order that MySQL itself gives them, in pages and at once', async () => {
  const rows = hardRows(600);
  await insertOwned(rows);
  const expected = await router.onShard(0, async (session) => {
    await session.execute('CREATE TEMPORARY TABLE everything LIKE scatter_rows');
    await session.execute(
      `INSERT INTO everything VALUES ${rows.map(() => "(?, 0, ?, ?, 'open')").join(', ')}`,
      rows.flatMap(({ number, name, at }) => [number, name, at]),
    );
    const found = await session.query('SELECT number, name FROM everything ORDER BY name, at DESC, number');
    await session.execute('DROP TEMPORARY TABLE everything');
    return found;
  });
  const atOnce = await scatterPage(port, { ...query, limit: 10_000, pageSize: 37 });
  expect(atOnce.rows).toEqual(expected);
  const paged: unknown[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await scatterPage(port, {
      ...query,
      limit: 53,
      ...(cursor === undefined ? {} : { cursor }),
    });
    paged.push(...page.rows);
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  expect(paged).toEqual(expected);
});

test('left-over rows of buckets that a shard does not own never show up', async () => {
  const rows = hardRows(40);
  await insertOwned(rows);
  const leftOvers = Array.from({ length: 10 }, () => router.drawNumber(0)).map((number) => ({
    number,
    name: 'left over',
    at: '2026-03-01 00:00:00.000',
  }));
  await insertRows(1, leftOvers);
  const { rows: found } = await scatterPage(port, { ...query, limit: 1_000 });
  expect(found).toHaveLength(40);
  expect(found.filter((row) => row['name'] === 'left over')).toEqual([]);
});

/** Sets the lowest number that may be read. */
async function raise(to: bigint): Promise<void> {
  await withShardSessions(cluster.shards, (session) =>
    session.execute('UPDATE bucket_fences SET readable_from = ?', [to]),
  );
}

test('rows below what may still be read do not show up', async () => {
  const rows = hardRows(200);
  await insertOwned(rows);
  const floor = rows[100]!.number;
  await raise(floor);
  try {
    const { rows: found } = await scatterPage(port, { ...query, limit: 1_000 });
    expect(found).toHaveLength(100);
  } finally {
    await raise(0n);
  }
});

test('conditions hold on every shard', async () => {
  const rows = hardRows(100);
  await insertOwned(rows);
  const page = await scatterPage(port, {
    ...query,
    limit: 1_000,
    where: [
      { column: 'status', is: '=', value: 'open' },
      { column: 'number', is: '>=', value: rows[50]!.number },
      { column: 'name', in: [...new Set(rows.slice(0, 90).map(({ name }) => name))] },
    ],
  });
  const wanted = rows.filter(({ number }, i) => number % 2n === 0n && i >= 50);
  const names = new Set(rows.slice(0, 90).map(({ name }) => name.replace(/ +$/, '')));
  expect(page.rows.map((row) => String(row['number'])).toSorted()).toEqual(
    wanted
      .filter(({ name }) => names.has(name.replace(/ +$/, '')))
      .map(({ number }) => String(number))
      .toSorted(),
  );
});

test('while buckets move, every row is read once', async () => {
  const rows = hardRows(400);
  await insertOwned(rows);
  const numbers: string[] = [];
  const moved = new Set<number>();
  let frozen: (() => Promise<void>) | undefined;
  try {
    for await (const row of scatter(port, { ...query, limit: 10_000, pageSize: 20 })) {
      numbers.push(String(row['number']));
      if (numbers.length % 60 !== 0) continue;
      const bucket = router.bucketOf(rows[(numbers.length * 3) % rows.length]!.number);
      if (moved.has(bucket)) continue;
      moved.add(bucket);
      await frozen?.();
      frozen = await moveBucket(bucket);
      // The shards are read while it is frozen, and it opens a moment later.
      const open = frozen;
      setImmediate(() => void open());
    }
    expect(moved.size).toBeGreaterThan(3);
    expect(numbers.toSorted()).toEqual(rows.map(({ number }) => String(number)).toSorted());
    expect(new Set(numbers).size).toBe(numbers.length);
  } finally {
    await frozen?.();
  }
});

/** Copies a bucket to another shard and freezes it on its own. What is returned opens it there. */
async function moveBucket(bucket: number): Promise<() => Promise<void>> {
  const states = await withShardSessions(cluster.shards, async (session) => {
    const [fence] = await session.query<{ state: string }>(
      'SELECT state FROM bucket_fences WHERE bucket = ?',
      [bucket],
    );
    return fence!.state;
  });
  const from = states.indexOf('owned');
  const to = (from + 1) % states.length;
  const setState = (shard: number, state: string, owner: number | null) =>
    router.onShard(shard, (session) =>
      session.execute(
        'UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?',
        [state, owner, bucket],
      ),
    );
  const copied = await router.onShard(from, (session) =>
    session.query<{ number: string; name: string; at: string }>(
      'SELECT number, name, at FROM scatter_rows WHERE bucket = ?',
      [bucket],
    ),
  );
  await insertRows(
    to,
    copied.map(({ number, name, at }) => ({ number: BigInt(number), name, at })),
  );
  await setState(from, 'frozen', to);
  let opened: Promise<void> | undefined;
  return () => {
    opened ??= (async () => {
      await setState(to, 'owned', null);
      await setState(from, 'moved', to);
    })();
    return opened;
  };
}

test('a shard that does not answer in time is named, and the others give their rows', async () => {
  await insertOwned(hardRows(100));
  const blocker = await createConnection({ uri: cluster.shards[1]!.writer });
  try {
    await blocker.query('LOCK TABLES scatter_rows WRITE');
    const options = { ...query, limit: 1_000, shardTimeoutMs: 200 };
    await expect(scatterPage(port, options)).rejects.toMatchObject({
      code: 'ROUTER_SCATTER_INCOMPLETE',
      missing: [{ shard: 1, error: expect.any(DeadlineExceededError) }],
    });
    const { rows, missing } = await scatterPage(port, { ...options, onMissingShard: 'partial' });
    expect(missing.map(({ shard }) => shard)).toEqual([1]);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(100);
  } finally {
    await blocker.end();
  }
});

test('a page is read along the index of its order, each row’s fence by primary key', async () => {
  await insertOwned(hardRows(500));
  const checked = checkQuery(query);
  const { sql, values } = scatterStatement(checked, ['a', '2026-03-02 12:00:00.000', 7n], 20);
  const plan = await router.onShard(0, async (session) => {
    await session.query('ANALYZE TABLE scatter_rows');
    return session.query<{ table: string; key: string | null; Extra: string | null }>(
      `EXPLAIN FORMAT=TRADITIONAL ${sql}`,
      values,
    );
  });
  expect(plan.find(({ table }) => table === 't')).toMatchObject({
    key: 'by_name',
    Extra: expect.not.stringContaining('filesort'),
  });
  expect(plan.find(({ table }) => table === 'f')).toMatchObject({ key: 'PRIMARY' });
  // Looked up for each row: never the fences first.
  const places = ['t', 'f'].map((name) => plan.findIndex(({ table }) => table === name));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});
