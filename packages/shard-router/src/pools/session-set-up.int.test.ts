import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, type Stack } from '@ordershard/stack';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { connectShardRouter, initialiseCluster, migrateShards, openShardSessions } from '../index.ts';
import { ROUTER_MIGRATIONS, type ShardConfig, shardsFromUrls, withShardSessions } from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';

const CLUSTER = 'settings';
/** What an administrator may have in a my.cnf, and what of it would change the meaning of statements. */
const HOSTILE = [
  'autocommit = OFF',
  "completion_type = 'CHAIN'",
  "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
  "transaction_isolation = 'REPEATABLE-READ'",
  'transaction_read_only = ON',
  "time_zone = '+09:00'",
  'innodb_lock_wait_timeout = 3600',
  'sql_safe_updates = ON',
  'sql_select_limit = 1',
  'auto_increment_increment = 7',
  'auto_increment_offset = 3',
  "init_connect = 'SET sql_auto_is_null = 1; START TRANSACTION'",
];
const PINNED = `SELECT CONCAT(@@autocommit + 0) AS autocommit, @@completion_type AS completion_type, @@time_zone AS time_zone,
  @@transaction_isolation AS isolation, CONCAT(@@sql_select_limit) AS select_limit, CONCAT(@@sql_safe_updates + 0) AS safe_updates,
  CONCAT(@@sql_auto_is_null + 0) AS auto_is_null, @@sql_mode AS sql_mode, CONCAT(@@innodb_lock_wait_timeout) AS lock_wait,
  CONCAT(@@auto_increment_increment) AS id_step, CONCAT(@@auto_increment_offset) AS id_offset`;

/** MariaDB before 11.1 has other names for two of the settings. */
let named = (text: string) => text;

/** What a session is set to, modes in the order of their names. */
async function pinnedIn(
  query: (sql: string) => Promise<readonly { readonly sql_mode: string }[]>,
): Promise<object> {
  const [row] = await query(named(PINNED));
  return { ...row, sql_mode: row!.sql_mode.split(',').toSorted().join() };
}

let stack: Stack;
let shards: readonly ShardConfig[];

beforeAll(async () => {
  // Servers of its own, whatever servers the run has: their settings are changed for everybody.
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 2, parts: ['mysql'], env });
  shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: CLUSTER, shards });
  await withShardSessions(shards, (session) =>
    session.execute('CREATE TABLE plain (id BIGINT PRIMARY KEY, body VARCHAR(64))'),
  );
  for (const id of ['mysql-0', 'mysql-1']) {
    const admin = await createConnection(stack.part(id).adminUrl!);
    const [[server]] = await admin.query<RowDataPacket[]>('SELECT VERSION() AS version');
    if (/mariadb/i.test(String(server!['version']))) named = (text) => text.replaceAll('transaction_', 'tx_');
    // Without it MySQL 8.0 lets nobody set the step of ids: the other shard's sessions go without.
    else if (id === 'mysql-0') await admin.query("GRANT SESSION_VARIABLES_ADMIN ON *.* TO 'ordershard'@'%'");
    for (const setting of HOSTILE) await admin.query(`SET GLOBAL ${named(setting)}`);
    await admin.end();
  }
});

afterAll(() => stack?.stop());

/** Rows as anybody sees them that asks anew. */
async function committed(sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(stack.part('mysql-0').adminUrl!);
  try {
    await connection.changeUser({ database: new URL(shards[0]!.writer).pathname.slice(1) });
    await connection.query("SET autocommit = 1, sql_mode = '', sql_select_limit = 1000");
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    await connection.end();
  }
}

test('sessions of callers and of operators are the same whatever the settings of the server', async () => {
  const router = await connectShardRouter({ clusterId: CLUSTER, shards, numbers: false });
  const sessions = openShardSessions(shards, { statementTimeoutMs: 10_000 });
  try {
    const routed = await router.withShard(0, () =>
      pinnedIn(async (sql) => (await router.pool.promise().query(sql))[0] as never),
    );
    const operator = await router.onShard(0, (session) => pinnedIn((sql) => session.query(sql)));
    const own = await sessions.onShard(0, (session) => pinnedIn((sql) => session.query(sql)));
    expect(routed).toEqual({
      autocommit: '1',
      completion_type: 'NO_CHAIN',
      time_zone: '+00:00',
      isolation: 'READ-COMMITTED',
      select_limit: '18446744073709551615',
      safe_updates: '0',
      auto_is_null: '0',
      sql_mode:
        'ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES',
      lock_wait: '5',
      id_step: '1',
      id_offset: '1',
    });
    expect(operator).toEqual(routed);
    expect(own).toEqual(routed);
  } finally {
    await router.close();
    await sessions.close();
  }
});

test('what was acknowledged is committed, leases of worker ids too, whatever the server says of autocommit', async () => {
  const router = await connectShardRouter({ clusterId: CLUSTER, shards });
  try {
    const [leased] = await committed(
      `SELECT COUNT(*) AS n FROM worker_leases WHERE leased_until > UTC_TIMESTAMP(3)`,
    );
    const number = router.drawNumber(0);
    await router.transaction({ number }, (tx) =>
      tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
    );
    await router.onShard(0, (session) => session.execute("INSERT INTO plain VALUES (1, 'job')"));
    expect(await committed(`SELECT body FROM notes WHERE number = ${number}`)).toEqual([{ body: 'x' }]);
    expect(await committed('SELECT body FROM plain WHERE id = 1')).toEqual([{ body: 'job' }]);
    const other = await router.onShard(1, (session) =>
      session.query<{ n: string }>(
        'SELECT COUNT(*) AS n FROM worker_leases WHERE leased_until > UTC_TIMESTAMP(3)',
      ),
    );
    expect(Number(leased!['n']) + Number(other[0]!.n)).toBe(1);
  } finally {
    await router.close();
  }
});

test('a write outside of a transaction is refused after a transaction on a server that chains them', async () => {
  const router = await connectShardRouter({ clusterId: CLUSTER, shards, poolSize: 1 });
  try {
    const number = router.drawNumber(0);
    await router.transaction({ number }, (tx) =>
      tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
    );
    await expect(
      router.withKey(number, () => router.pool.promise().query("INSERT INTO plain VALUES (7, 'unfenced')")),
    ).rejects.toMatchObject({ errno: 1792 });
    expect(await committed('SELECT id FROM plain WHERE id = 7')).toEqual([]);
  } finally {
    await router.close();
  }
});

test('a read through the pool leaves no lock behind that keeps a definition from being changed', async () => {
  const router = await connectShardRouter({ clusterId: CLUSTER, shards, numbers: false });
  try {
    await router.withShard(0, () => router.pool.promise().query('SELECT COUNT(*) FROM plain'));
    await router.onShard(0, (session) => session.execute('ALTER TABLE plain ADD COLUMN more INT'));
  } finally {
    await router.close();
  }
});
