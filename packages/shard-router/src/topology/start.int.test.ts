import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testNamespace } from '@ordershard/stack';
import { ShardIdentityError, ShardUnavailableError, TopologyError } from '../errors.ts';
import {
  connectShardRouter,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  shardsFromUrls,
} from '../index.ts';
import { TEST_MIGRATIONS, type TestCluster, testCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let folder: string;

beforeAll(async () => {
  cluster = await testCluster('start');
  folder = await mkdtemp(join(tmpdir(), 'ordershard-map-'));
});

afterAll(async () => {
  await cluster.end();
  await rm(folder, { recursive: true });
});

/** The cluster's shards with another writer for one of them. */
function replaced(shard: number, change: (writer: string) => string): readonly ShardConfig[] {
  return cluster.shards.map((config) =>
    config.id === shard ? { ...config, writer: change(config.writer) } : config,
  );
}

const connect = (shards: readonly ShardConfig[], clusterId = 'start', mapFile?: string) =>
  connectShardRouter({
    clusterId,
    shards,
    limits: { connectTimeoutMs: 1_000, queueTimeoutMs: 1_000 },
    ...(mapFile === undefined ? {} : { mapFile }),
  });

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const withPort = (port: number) => (writer: string) => writer.replace(/:\d+\//, `:${port}/`);

describe('with a shard down', () => {
  test('starts and serves the others', async () => {
    const router = await connect(replaced(1, withPort(await closedPort())));
    try {
      const number = router.drawNumber(0);
      await router.transaction({ number }, (tx) =>
        tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
      );
      const elsewhere = router.transaction({ number: router.drawNumber(1) }, () => undefined);
      await expect(elsewhere).rejects.toMatchObject({
        code: 'ROUTER_SHARD_UNAVAILABLE',
        shard: 1,
        retryable: true,
      });
    } finally {
      await router.close();
    }
  });

  test('all of them: refuses to start, unless a file keeps the map', async () => {
    const port = await closedPort();
    const dark = cluster.shards.map((config) => ({
      ...config,
      writer: withPort(port)(config.writer).replace(/$/, `${config.id}`),
    }));
    await expect(connect(dark)).rejects.toThrow(ShardUnavailableError);
    const file = join(folder, 'map.json');
    await (await connect(cluster.shards, 'start', file)).close();
    const router = await connect(dark, 'start', file);
    expect(router.bucketCount).toBe(1024);
    await router.close();
  });
});

describe('is refused at start-up', () => {
  test('a shard of another cluster', async () => {
    await expect(connect(cluster.shards, 'other')).rejects.toThrow(ShardIdentityError);
    await expect(connect(cluster.shards, 'other')).rejects.toThrow(/shard 0: .*cluster start/);
  });

  test('shards in another order', async () => {
    const [first, second] = cluster.shards as [ShardConfig, ShardConfig];
    const swapped = [
      { id: 0, writer: second.writer },
      { id: 1, writer: first.writer },
    ];
    await expect(connect(swapped)).rejects.toThrow(/its database is shard/);
  });

  test('databases that were not initialised', async () => {
    const namespace = await testNamespace('bare');
    try {
      const shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
      await expect(connect(shards)).rejects.toThrow(/not initialised/);
      await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
      await expect(connect(shards)).rejects.toThrow(/not initialised/);
    } finally {
      await namespace.drop();
    }
  });

  test('a wrong password, naming the shard and not the password', async () => {
    const wrong = replaced(1, (writer) => writer.replace(/:[^:@]+@/, ':wrong-secret@'));
    const error = await connect(wrong).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ROUTER_SHARD_ACCESS', shard: 1 });
    expect((error as Error).message).not.toContain('wrong-secret');
  });

  test('a database that is not there', async () => {
    await expect(connect(replaced(0, (writer) => `${writer}_nowhere`))).rejects.toMatchObject({
      code: 'ROUTER_SHARD_ACCESS',
      shard: 0,
    });
  });

  test('an endpoint that is not MySQL', async () => {
    const server: Server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(connect(replaced(0, withPort(port)))).rejects.toMatchObject({
        code: 'ROUTER_SHARD_ACCESS',
        shard: 0,
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test.each([
    ['no shard', []],
    [
      'one id twice',
      [
        { id: 0, writer: 'mysql://a@h/d' },
        { id: 0, writer: 'mysql://a@h/e' },
      ],
    ],
    [
      'one database twice',
      [
        { id: 0, writer: 'mysql://a@h/d' },
        { id: 1, writer: 'mysql://b@h:3306/d' },
      ],
    ],
    ['an id that is no integer', [{ id: 0.5, writer: 'mysql://a@h/d' }]],
    ['no URL', [{ id: 0, writer: 'h:3306' }]],
    ['another scheme', [{ id: 0, writer: 'postgres://a@h/d' }]],
    ['no database', [{ id: 0, writer: 'mysql://a@h:3306' }]],
  ])('%s', async (_, shards) => {
    await expect(connect(shards)).rejects.toThrow(TopologyError);
  });
});
