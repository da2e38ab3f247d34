import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { oneRow, withConnection } from '../parts/mysql/check.ts';
import { scratch, until } from '../testing/scratch.ts';
import { downStack } from './down.ts';
import { attachStack, type Stack } from './stack.ts';
import { startStack, type StackOptions } from './start.ts';
import { stackStatus } from './status.ts';

jest.setTimeout(60_000);

const place = scratch();
const options: StackOptions = {
  name: 'one',
  checkoutRoot: place.root,
  shards: 1,
  parts: ['mysql'],
  env: place.env,
};
let stack: Stack;

beforeAll(async () => {
  stack = await startStack(options);
});
afterAll(async () => place.remove());

function shard(): string {
  return stack.part('mysql-0').url;
}

async function run(sql: string): Promise<void> {
  await withConnection(shard(), async (connection) => connection.query(sql));
}

describe('a stack that runs', () => {
  test('is answered at once by a second start, with the same server', async () => {
    const again = await startStack(options);
    expect(again.env).toEqual(stack.env);
    expect(again.part('mysql-0').pid).toBe(stack.part('mysql-0').pid);
    expect(attachStack('one', place.root).env).toEqual(stack.env);
  });

  test('has durable, row-based, UTC MySQL with utf8mb4', async () => {
    const settings = await withConnection(shard(), async (connection) =>
      oneRow(
        connection,
        `SELECT @@innodb_flush_log_at_trx_commit AS flush, @@sync_binlog AS sync, @@binlog_format AS log,
                @@time_zone AS zone, @@character_set_server AS charset, @@gtid_mode AS gtid, @@max_connections AS most`,
      ),
    );
    expect(settings).toEqual({
      flush: 1,
      sync: 1,
      log: 'ROW',
      zone: '+00:00',
      charset: 'utf8mb4',
      gtid: 'ON',
      most: 500,
    });
  });

  test('keeps port and committed data through a kill and a restart', async () => {
    const server = stack.part('mysql-0');
    await run('CREATE TABLE kept (id INT PRIMARY KEY)');
    await run('INSERT INTO kept VALUES (7)');
    const before = server.pid;
    await server.kill('SIGKILL');
    expect(server.pid).toBeUndefined();
    expect(await server.illness()).toMatch(/ECONNREFUSED/);
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(
      await withConnection(shard(), async (connection) => oneRow(connection, 'SELECT id FROM kept')),
    ).toEqual({
      id: 7,
    });
  });

  test('can have a server that hangs, and goes on', async () => {
    const server = stack.part('mysql-0');
    await server.pause();
    let answered = false;
    const asking = run('DO 1').then(() => (answered = true));
    await until('the process is stopped', () => server.pid !== undefined);
    expect(answered).toBe(false);
    await server.resume();
    await asking;
    expect(await server.illness()).toBeNull();
  });

  test('starts again on its data and port after it was ended with its data kept', async () => {
    await downStack(place.root, 'one', { keepData: true });
    expect(place.processesOf('one')).toEqual([]);
    expect(await stackStatus(place.root, 'one')).toMatchObject({ phase: 'stopped' });
    const url = shard();
    stack = await startStack(options);
    expect(shard()).toBe(url);
    await run('DELETE FROM kept WHERE id = 7');
    await stack.stop();
    expect(place.exists('one')).toBe(false);
  });
});

test('a replica of each shard follows it and refuses writes', async () => {
  const replicated = await startStack({ ...options, name: 'two', replicas: true, ephemeral: true });
  try {
    const [writer, reader] = [replicated.part('mysql-0').url, replicated.part('replica-0').url];
    expect(replicated.env['ORDERSHARD_MYSQL_READER_URLS']).toBe(reader);
    await withConnection(writer, async (connection) =>
      connection.query('CREATE TABLE seen (id INT PRIMARY KEY)'),
    );
    await until('the table is there', async () =>
      withConnection(reader, async (connection) => {
        const [rows] = await connection.query("SHOW TABLES LIKE 'seen'");
        return (rows as unknown[]).length === 1;
      }),
    );
    const asAdmin = replicated.part('replica-0').adminUrl ?? '';
    const writing = withConnection(asAdmin, async (connection) =>
      connection.query('INSERT INTO seen VALUES (1)'),
    );
    await expect(writing).rejects.toThrow(/super-read-only/);
  } finally {
    await replicated.stop();
  }
  expect(place.processesOf('two')).toEqual([]);
  expect(place.exists('two')).toBe(false);
});
