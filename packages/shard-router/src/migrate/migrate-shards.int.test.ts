import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { createConnection } from 'mysql2/promise';
import { withShardSessions } from '../pools/with-shard-sessions.ts';
import type { ShardSession } from '../pools/session.ts';
import { type ShardConfig, shardsFromUrls } from '../topology/config.ts';
import { MigrationFailedError, MigrationRefusedError } from './errors.ts';
import { migrateShards, ROUTER_MIGRATIONS } from './migrate-shards.ts';
import { migrationStatus } from './migration-status.ts';
import { checkDrift, dumpSchema } from './schema/check-drift.ts';

let namespace: Namespace;
let shards: readonly ShardConfig[];
let folder: string;

beforeEach(async () => {
  namespace = await testNamespace('migrate');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  folder = await mkdtemp(join(tmpdir(), 'ordershard-migrate-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await namespace.drop();
});

async function file(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

/** Runs a query on every shard. */
function onShards<Row>(sql: string): Promise<readonly Row[][]> {
  return withShardSessions(shards, (session) => session.query<Row>(sql));
}

function onShard(shard: number, fn: (session: ShardSession) => Promise<unknown>): Promise<unknown> {
  return withShardSessions([shards[shard]!], fn);
}

const PROCEDURE = `CREATE PROCEDURE twice(IN n INT)
BEGIN
  -- ends here; and here;
  DECLARE i INT DEFAULT 0;
  WHILE i < 2 DO
    INSERT INTO t VALUES (n + i, CASE i WHEN 0 THEN 'a;b' ELSE '?' END);
    SET i = i + 1;
  END WHILE;
END;`;

describe('migrating', () => {
  test('runs every file once on every shard, procedures and rows included', async () => {
    await file('0001_t.sql', `CREATE TABLE t (id INT PRIMARY KEY, body VARCHAR(20)); ${PROCEDURE}`);
    await file('0002_rows.sql', `SET @from = 10; CALL twice(@from); INSERT INTO t VALUES (1, '\\'?;:x');`);
    expect(await migrateShards(shards, [folder])).toEqual([
      { shard: 0, applied: ['0001_t.sql', '0002_rows.sql'], guards: [] },
      { shard: 1, applied: ['0001_t.sql', '0002_rows.sql'], guards: [] },
    ]);
    expect(await migrateShards(shards, [folder])).toEqual([
      { shard: 0, applied: [], guards: [] },
      { shard: 1, applied: [], guards: [] },
    ]);
    const rows = [
      { id: 1, body: "'?;:x" },
      { id: 10, body: 'a;b' },
      { id: 11, body: '?' },
    ];
    expect(await onShards('SELECT * FROM t ORDER BY id')).toEqual([rows, rows]);
  });

  test('from two places at once runs each statement once', async () => {
    await file('0001_t.sql', 'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1);');
    const runs = await Promise.all([migrateShards(shards, [folder]), migrateShards(shards, [folder])]);
    expect(runs.flat().filter(({ applied }) => applied.length > 0)).toHaveLength(2);
    expect(await onShards('SELECT * FROM t')).toEqual([[{ id: 1 }], [{ id: 1 }]]);
  });
});

describe('a statement that fails', () => {
  beforeEach(async () => {
    await file('0001_a.sql', 'CREATE TABLE a (id INT PRIMARY KEY);');
    await file(
      '0002_b.sql',
      'INSERT INTO a VALUES (1);\nCREATE TABLE b (id INT);\nALTER TABLE b ADD COLUMN x INT;\nINSERT INTO a VALUES (2);',
    );
    await file('0003_c.sql', 'CREATE TABLE c (id INT);');
    // On shard 1 alone a table stands in the way.
    await onShard(1, (session) => session.execute('CREATE TABLE b (id INT, x INT)'));
  });

  test('is named with its shard and file, and the other shards end the file that they are at', async () => {
    const failure: unknown = await migrateShards(shards, [folder]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationFailedError);
    expect(failure).toMatchObject({
      code: 'ROUTER_MIGRATION_FAILED',
      shard: 1,
      file: '0002_b.sql',
      statement: 2,
      cause: { errno: 1050 },
    });
    const [first, second] = await migrationStatus(shards, [folder]);
    expect(second).toMatchObject({
      shard: 1,
      applied: ['0001_a.sql'],
      pending: ['0002_b.sql', '0003_c.sql'],
      stoppedAt: { name: '0002_b.sql', statement: 2, message: expect.stringMatching(/b.* already exists/) },
    });
    expect(first).not.toHaveProperty('stoppedAt');
  });

  test('is where the next run goes on, once the way is free', async () => {
    await migrateShards(shards, [folder]).catch(() => undefined);
    await onShard(1, (session) => session.execute('DROP TABLE b'));
    const reports = await migrateShards(shards, [folder]);
    expect(reports[1]).toEqual({ shard: 1, applied: ['0002_b.sql', '0003_c.sql'], guards: [] });
    expect(await onShards('SELECT id FROM a ORDER BY id')).toEqual([
      [{ id: 1 }, { id: 2 }],
      [{ id: 1 }, { id: 2 }],
    ]);
    expect(await checkDrift(shards)).toEqual([]);
  });

  test('may be mended in the file, but not what ran before it', async () => {
    await migrateShards(shards, [folder]).catch(() => undefined);
    const [shard0] = await migrationStatus(shards, [folder]);
    expect(shard0).toMatchObject({ shard: 0 });
    await file('0002_b.sql', 'INSERT INTO a VALUES (7);\nCREATE TABLE IF NOT EXISTS b (id INT, x INT);');
    await expect(migrateShards([shards[1]!], [folder])).rejects.toThrow(
      /0002_b\.sql, statement 1 was edited/,
    );
    await file('0002_b.sql', 'INSERT INTO a VALUES (1);\nCREATE TABLE IF NOT EXISTS b (id INT, x INT);');
    await migrateShards([shards[1]!], [folder]);
    const [status] = await migrationStatus([shards[1]!], [folder]);
    expect(status).toMatchObject({ pending: [], unknown: [], edited: [] });
  });

  test('leaves no row of its own file`s failed statement', async () => {
    await file('0004_rows.sql', 'INSERT INTO a VALUES (100), (101), (100);');
    await onShard(1, (session) => session.execute('DROP TABLE b'));
    await expect(migrateShards(shards, [folder])).rejects.toMatchObject({
      file: '0004_rows.sql',
      statement: 1,
    });
    expect(await onShards('SELECT id FROM a WHERE id >= 100')).toEqual([[], []]);
  });
});

describe('files that were run', () => {
  beforeEach(async () => {
    await file('0001_t.sql', '-- why\nCREATE TABLE t (id INT);\nINSERT INTO t VALUES (1);');
    await migrateShards(shards, [folder]);
  });

  test.each([
    ['another statement', 'CREATE TABLE t (id BIGINT);\nINSERT INTO t VALUES (1);', 1],
    ['one statement less', 'CREATE TABLE t (id INT);', 2],
    [
      'one statement more',
      'CREATE TABLE t (id INT);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);',
      3,
    ],
  ])('may not be edited: %s', async (_, text, statement) => {
    await file('0001_t.sql', text);
    await file('0002_u.sql', 'CREATE TABLE u (id INT);');
    const run = migrateShards(shards, [folder]);
    await expect(run).rejects.toThrow(MigrationRefusedError);
    await expect(run).rejects.toThrow(`0001_t.sql, statement ${statement} was edited`);
    expect(await onShards(`SHOW TABLES LIKE 'u'`)).toEqual([[], []]);
    expect(await migrationStatus(shards, [folder])).toMatchObject([
      { edited: ['0001_t.sql'], pending: ['0002_u.sql'] },
      { edited: ['0001_t.sql'] },
    ]);
  });

  test('may be explained better', async () => {
    await file('0001_t.sql', '-- a better reason\nCREATE TABLE t (id INT);\n\nINSERT INTO t VALUES (1);');
    expect(await migrateShards(shards, [folder])).toMatchObject([{ applied: [] }, { applied: [] }]);
  });

  test('may not be gone', async () => {
    await file('0002_u.sql', 'CREATE TABLE u (id INT);');
    await rm(join(folder, '0001_t.sql'));
    await expect(migrateShards(shards, [folder])).rejects.toThrow(/has run 0001_t\.sql, which is not among/);
    expect(await migrationStatus(shards, [folder])).toMatchObject([
      { unknown: ['0001_t.sql'] },
      { unknown: ['0001_t.sql'] },
    ]);
  });
});

test('the status of a shard that is down does not hide that of the others', async () => {
  await file('0001_t.sql', 'CREATE TABLE t (id INT);');
  const down = { id: 1, writer: 'mysql://nobody:x@127.0.0.1:1/none' };
  expect(await migrationStatus([shards[0]!, down], [folder])).toMatchObject([
    { shard: 0, applied: [], pending: ['0001_t.sql'], unknown: [] },
    { shard: 1, unavailable: { code: 'ROUTER_SHARD_UNAVAILABLE' } },
  ]);
  await expect(migrateShards([shards[0]!, down], [folder])).rejects.toMatchObject({
    code: 'ROUTER_SHARD_UNAVAILABLE',
  });
  expect(await onShards(`SHOW TABLES LIKE 't'`)).toEqual([[], []]);
});

describe('a run that is killed', () => {
  /** Migrates in a process of its own, kills it once every shard's `until` is true, and waits for its end. */
  async function killedRun(until: (session: ShardSession) => Promise<boolean>): Promise<void> {
    const script = `import { migrateShards } from ${JSON.stringify(new URL('./migrate-shards.ts', import.meta.url).href)};
      await migrateShards(${JSON.stringify(shards)}, [${JSON.stringify(folder)}]);`;
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      await withShardSessions(shards, async (session) => {
        while (child.exitCode === null && !(await until(session)))
          await new Promise((resolve) => setTimeout(resolve, 2));
      });
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }

  const noted = (places: number) => async (session: ShardSession) => {
    const tables = await session.query(`SHOW TABLES LIKE 'ordershard_migration_steps'`);
    if (tables.length === 0) return false;
    const steps = await session.query('SELECT place FROM ordershard_migration_steps');
    return steps.length >= places;
  };

  test('is gone on with from wherever it was, each statement taking effect once', async () => {
    const statements = Array.from(
      { length: 12 },
      (_, n) =>
        `ALTER TABLE t ADD INDEX (id);\nINSERT INTO t (id) VALUES (${n});\nCREATE TABLE t${n} (id INT);`,
    );
    await file('0001_many.sql', `CREATE TABLE t (id INT);\n${statements.join('\n')}`);
    for (const places of [3, 10, 17, 26]) await killedRun(noted(places));
    await migrateShards(shards, [folder]);
    const rows = Array.from({ length: 12 }, (_, id) => ({ id }));
    expect(await onShards('SELECT id FROM t ORDER BY id')).toEqual([rows, rows]);
    // An index without a name gets one more each time that the statement takes effect.
    const keys = await onShards<{ Key_name: string }>('SHOW INDEX FROM t');
    expect(keys.map((shown) => shown.length)).toEqual([12, 12]);
    expect(await checkDrift(shards)).toEqual([]);
  });

  test('while the server is at a statement: the next run waits for that to end, and does not repeat it', async () => {
    await file('0001_t.sql', 'CREATE TABLE t (id INT PRIMARY KEY);\nINSERT INTO t VALUES (1);');
    await migrateShards(shards, [folder]);
    // A transaction that reads the table holds up a change of its definition.
    const readers = await Promise.all(shards.map(({ writer }) => createConnection(writer)));
    try {
      for (const reader of readers) {
        await reader.query('START TRANSACTION');
        await reader.query('SELECT id FROM t');
      }
      await file('0002_slow.sql', 'ALTER TABLE t ADD INDEX (id);');
      await killedRun(noted(3));
      const next = migrateShards(shards, [folder]);
      for (const reader of readers) await reader.query('COMMIT');
      await next;
    } finally {
      for (const reader of readers) reader.destroy();
    }
    // An index without a name gets one more each time that the statement takes effect.
    const keys = await onShards<{ Key_name: string }>('SHOW INDEX FROM t');
    expect(keys.map((shown) => shown.length)).toEqual([2, 2]);
  });
});

describe('schema', () => {
  let other: Namespace;

  beforeAll(async () => {
    other = await testNamespace('migrate-schema');
  });

  afterAll(() => other.drop());

  test('of the router`s own migrations is the same on all shards, and a dump can be loaded', async () => {
    await migrateShards(shards, [ROUTER_MIGRATIONS]);
    expect(await checkDrift(shards)).toEqual([]);
    const [dump] = await withShardSessions([shards[0]!], dumpSchema);
    expect(dump).toContain('CREATE PROCEDURE `ordershard_open`');
    expect(dump).not.toMatch(/p_floor|AUTO_INCREMENT=|DEFINER|ordershard_migration/);
    const copies = shardsFromUrls(other.env['ORDERSHARD_MYSQL_URLS']!.split(','));
    const dumps = join(folder, 'dump');
    await mkdir(dumps);
    // The partition list is not in the dump, and RANGE needs one.
    const loadable = dump!
      .replaceAll(/\/\*!\d+ PARTITION BY [^*]*\*\//g, '')
      .replaceAll(/^ *PARTITION BY [^;]*/gm, '');
    await writeFile(join(dumps, '0001_dump.sql'), loadable);
    await migrateShards(copies, [dumps]);
    const [copied] = await withShardSessions([copies[0]!], dumpSchema);
    expect(copied!.match(/^CREATE.*/gm)).toEqual(dump!.match(/^CREATE.*/gm));
  });

  test('drift says which shard, what and how', async () => {
    await file(
      '0001_t.sql',
      `CREATE TABLE t (id INT, body VARCHAR(20)); CREATE TABLE u (id INT); ${PROCEDURE}`,
    );
    await migrateShards(shards, [folder]);
    await onShard(1, async (session) => {
      await session.execute('ALTER TABLE t MODIFY body VARCHAR(30)');
      await session.execute('DROP TABLE u');
      await session.execute('CREATE TRIGGER extra BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1');
    });
    expect(await checkDrift(shards)).toEqual([
      {
        shard: 1,
        against: 0,
        objects: [
          {
            object: 'TABLE t',
            kind: 'different',
            lines: [expect.stringMatching(/^-.*varchar\(20\)/), expect.stringMatching(/^\+.*varchar\(30\)/)],
          },
          { object: 'TABLE u', kind: 'missing', lines: expect.any(Array) },
          { object: 'TRIGGER extra', kind: 'extra', lines: expect.any(Array) },
        ],
      },
    ]);
  });
});
