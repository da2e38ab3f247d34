import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RowDataPacket } from 'mysql2';
import { RouterError, type ShardSession, type Statement, sql, withShardSessions } from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let cluster: TestCluster;
let router: ShardRouter;
let number: bigint;

beforeAll(async () => {
  cluster = await testCluster('fencedrows');
  router = await cluster.router();
  await withShardSessions(cluster.shards, async (session) => {
    await session.execute(
      'CREATE TABLE parts (number BIGINT, bucket SMALLINT UNSIGNED NOT NULL, part INT, v BIGINT UNSIGNED NOT NULL, price DECIMAL(30,5), note VARCHAR(50), data JSON, at DATETIME(3), bits BIT(8), bin VARBINARY(9), `from` INT, PRIMARY KEY (number, part))',
    );
  });
  number = router.drawNumber(0);
  await router.transaction({ number }, async (tx) => {
    for (const part of [3, 1, 2])
      await tx.execute(
        `INSERT INTO parts VALUES (?, ?, ?, ?, '12345678901234567890.5', ?, '{"a": 9007199254740993}', '2026-01-02 03:04:05.678', b'101', 0x00ff27, 7)`,
        [number, tx.bucket, part, 18_446_744_073_709_551_615n, `note ${part % 2} 'from'`],
      );
  });
});

afterAll(() => cluster.end());

describe('rows that are read with their fence are as those that are read without', () => {
  const of = (text: string): string => text.replaceAll('%n', 'number = ?');
  test.each([
    'SELECT number, v, price, note, data, at, bits, bin FROM parts WHERE %n ORDER BY part',
    'SELECT * FROM parts WHERE %n ORDER BY part DESC',
    'select `from`, parts.from, p.* from parts join (select part as p from parts where %n) as p on p = part order by part',
    'SELECT note, note, part AS note FROM parts WHERE %n ORDER BY part',
    'SELECT DISTINCT note FROM parts WHERE %n ORDER BY note',
    'SELECT note, COUNT(*) AS n, SUM(price) AS total FROM parts WHERE %n GROUP BY note ORDER BY 2 DESC',
    'SELECT note, COUNT(*) AS n FROM parts WHERE %n GROUP BY note WITH ROLLUP',
    'SELECT COUNT(*) AS n, MAX(at) AS latest FROM parts WHERE %n AND part > 7',
    'SELECT part, EXTRACT(YEAR FROM at) AS y, TRIM(LEADING FROM note) AS t FROM parts WHERE %n ORDER BY part',
    'SELECT part, ROW_NUMBER() OVER w AS r FROM parts WHERE %n WINDOW w AS (ORDER BY part DESC) ORDER BY part',
    'SELECT part, (SELECT MAX(v) FROM parts AS o WHERE o.number = parts.number) AS most FROM parts WHERE %n ORDER BY part LIMIT 2 OFFSET 1',
    "SELECT part, 'FROM here' AS x /* FROM */ FROM parts WHERE %n ORDER BY part -- by part",
    'SELECT /*+ MAX_EXECUTION_TIME(9000) */ part FROM parts # FROM\n WHERE %n ORDER BY part;',
    'SELECT part FROM parts WHERE %n AND part > 7',
    'SELECT part FROM parts WHERE %n UNION ALL SELECT 9 ORDER BY part',
    '(SELECT part FROM parts WHERE %n ORDER BY part)',
    'WITH bucket_fences AS (SELECT part FROM parts WHERE %n) SELECT part FROM bucket_fences ORDER BY part',
    'SELECT ? + 0 AS number',
  ])('%s', async (text) => {
    const query = of(text);
    const values = [number];
    const plain = await router.withKey(number, async () => {
      const [rows] = await router.pool.promise().query<RowDataPacket[]>(query.replace('?', String(number)));
      return rows;
    });
    const rows = await router.readRows(number, { sql: query, values });
    expect(rows).toEqual(plain.map((row) => ({ ...row })));
    expect(rows.map((row) => Object.keys(row as object))).toEqual(plain.map((row) => Object.keys(row)));
  });
});

/** Changes the fence of the number's bucket. */
const setFence = (session: ShardSession, state: string, owner: number | null) =>
  session.execute(
    'UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?',
    [state, owner, router.bucketOf(number)],
  );

/** Moves the number's bucket in the steps, and in the order, of a mover. */
async function move(from: number, to: number, written?: () => Promise<void>): Promise<void> {
  await router.onShard(to, async (session) => {
    await setFence(session, 'importing', from);
    await session.execute('DELETE FROM parts WHERE number = ?', [number]);
  });
  await router.onShard(from, (session) => setFence(session, 'frozen', null));
  const rows = await router.onShard(from, (session) =>
    session.query<{ part: string; v: string }>('SELECT part, v FROM parts WHERE number = ?', [number]),
  );
  for (const { part, v } of rows)
    await router.onShard(to, (session) =>
      session.execute('INSERT INTO parts (number, bucket, part, v) VALUES (?, ?, ?, ?)', [
        number,
        router.bucketOf(number),
        part,
        v,
      ]),
    );
  await router.onShard(to, (session) => setFence(session, 'owned', null));
  await router.onShard(from, (session) => setFence(session, 'moved', to));
  // From the target's first write on, the source's rows are old; they stay until the source is cleaned up.
  await written?.();
  await router.onShard(from, (session) => session.execute('DELETE FROM parts WHERE number = ?', [number]));
}

test('readers of a bucket that moves to and fro see every row, all of one moment, and none older than what was acknowledged', async () => {
  await router.transaction({ number }, (tx) =>
    tx.execute('UPDATE parts SET v = 0 WHERE number = ?', [number]),
  );
  const forms: [string, Statement<{ v: string }>][] = [
    ['one statement', sql`SELECT v FROM parts WHERE number = ${number}`],
    ['between two looks', sql`(SELECT v FROM parts WHERE number = ${number})`],
  ];
  const run = { over: false };
  const seen: Record<string, number> = {};
  const wrong: string[] = [];
  /** The last acknowledged version. */
  let acknowledged = 0;
  const reader = async ([form, query]: (typeof forms)[number], reading: ShardRouter) => {
    while (!run.over) {
      const floor = acknowledged;
      const rows = await reading.readRows(number, query).catch((error: unknown) => {
        if (error instanceof RouterError && error.retryable) return undefined;
        throw error;
      });
      if (rows === undefined) continue;
      const versions = new Set(rows.map(({ v }) => Number(v)));
      const [version = -1] = versions;
      if (rows.length !== 3 || versions.size !== 1 || version < floor)
        wrong.push(`${form}: ${JSON.stringify(rows)} after ${floor}`);
      seen[form] = (seen[form] ?? 0) + 1;
    }
  };
  const writer = async () => {
    for (let next = 1; !run.over;) {
      const done = await router
        .transaction({ number }, (tx) =>
          tx.execute('UPDATE parts SET v = ? WHERE number = ?', [next, number]),
        )
        .then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof RouterError && error.retryable)) throw error;
            return false;
          },
        );
      if (done) acknowledged = next++;
    }
  };
  /** Waits for a write that began after now. */
  const written = async () => {
    const before = acknowledged;
    const enough = () => acknowledged >= before + 2;
    while (!enough()) await new Promise((resolve) => setImmediate(resolve));
  };
  // Each reader has a router with a map of its own, which learns of a move only from its reads.
  const work: Promise<void>[] = [];
  for (const form of [...forms, ...forms])
    work.push(reader(form, await cluster.router({ numbers: false, mapPollMs: 600_000 })));
  work.push(writer());
  const enough = () => forms.every(([form]) => (seen[form] ?? 0) > 100);
  for (let moves = 0; moves < 40 || !enough(); moves += 2) {
    await move(0, 1, written);
    await move(1, 0, written);
  }
  run.over = true;
  await Promise.all(work);
  expect(wrong.slice(0, 5)).toEqual([]);
});

test('a number is read and written where its range begins elsewhere than the map says', async () => {
  const drawn = router.drawNumber(0);
  const bucket = router.bucketOf(drawn);
  const onShard = (text: string, values: readonly (bigint | number)[]) =>
    router.onShard(0, (session) => session.execute(text, values));
  await onShard(
    `INSERT INTO bucket_fences (bucket, range_from, range_to, state, generation, next_owner, writable_from, readable_from)
     SELECT bucket, ?, range_to, state, generation, next_owner, ?, ? FROM bucket_fences WHERE bucket = ? AND range_from = 0`,
    [drawn, drawn, drawn, bucket],
  );
  await onShard('UPDATE bucket_fences SET range_to = ? WHERE bucket = ? AND range_from = 0', [drawn, bucket]);
  try {
    await router.transaction({ number: drawn, fresh: true }, (tx) =>
      tx.execute("INSERT INTO parts VALUES (?, ?, 1, 1, 1, 'x', '{}', NULL, b'1', NULL, 7)", [
        drawn,
        tx.bucket,
      ]),
    );
    expect(await router.readRows(drawn, sql`SELECT part FROM parts WHERE number = ${drawn}`)).toEqual([
      { part: 1 },
    ]);
    await onShard(
      "UPDATE bucket_fences SET state = 'moved', next_owner = 1 WHERE bucket = ? AND range_from = ?",
      [bucket, drawn],
    );
    await expect(
      router.readRows(drawn, sql`SELECT part FROM parts WHERE number = ${drawn}`, { timeoutMs: 2_000 }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^ROUTER_(FENCE|DEADLINE_EXCEEDED)$/) });
    await expect(
      router.transaction({ number: drawn }, (tx) => tx.execute('DO 1'), { timeoutMs: 2_000 }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^ROUTER_(FENCE|DEADLINE_EXCEEDED)$/) });
  } finally {
    await onShard('DELETE FROM bucket_fences WHERE bucket = ? AND range_from = ?', [bucket, drawn]);
    await onShard('UPDATE bucket_fences SET range_to = 9223372036854775807 WHERE bucket = ?', [bucket]);
  }
});

test('a bucket that went away and came back while a session read it is read again', async () => {
  let runs = 0;
  const read = await router.read(number, async (session) => {
    runs += 1;
    const first = await session.query('SELECT part FROM parts WHERE number = ?', [number]);
    if (runs === 1) {
      await move(0, 1);
      await move(1, 0);
    }
    return first.length;
  });
  expect([read, runs]).toEqual([3, 2]);
});
