import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { withShardSessions } from '../index.ts';
import { InvalidKeyError } from '../errors.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';
import { directoryStoreContract } from './directory-store.contract.ts';
import { DirectoryStrategy } from './directory-strategy.ts';
import { DirectoryUnavailableError } from './errors.ts';
import { MysqlDirectoryStore } from './mysql-directory-store.ts';
import { strategyContract } from './strategy.contract.ts';

let cluster: TestCluster;
let router: ShardRouter;
let store: MysqlDirectoryStore;

beforeAll(async () => {
  cluster = await testCluster('directory');
  router = await cluster.router();
  store = new MysqlDirectoryStore((fn) => router.onShard(0, fn));
});

afterAll(() => cluster.end());

async function emptied(): Promise<MysqlDirectoryStore> {
  await router.onShard(0, (session) => session.execute('DELETE FROM directory_entries'));
  return store;
}

const shards = [0, 1, 5];
const entries = Array.from({ length: 300 }, (_, i) => [`shop-${i}`, i % 7 === 0 ? 5 : i % 2] as const);
const keys = entries.map(([key]) => key);

directoryStoreContract('MySQL', emptied);

describe('filled', () => {
  beforeEach(async () => {
    await emptied();
    await Promise.all(entries.map(([key, shard]) => store.place(key, shard)));
  });

  strategyContract('directory in MySQL', { open: () => DirectoryStrategy.open({ shards, store }), keys });

  strategyContract('directory in MySQL with a cache far smaller than its keys', {
    open: () => DirectoryStrategy.open({ shards, store, cacheSize: 20 }),
    keys,
  });

  test('a key that is moved is found where it went, once it is read again', async () => {
    const strategy = await DirectoryStrategy.open({ shards, store });
    expect(await store.move('shop-1', 0, 5)).toBe(false);
    expect(await store.move('shop-1', 1, 5)).toBe(true);
    expect(await store.move('shop-1', 1, 0)).toBe(false);
    expect(strategy.shardOf('shop-1')).toBe(1);
    strategy.forget('shop-1');
    expect(await strategy.shardOf('shop-1')).toBe(5);
  });
});

describe('empty', () => {
  beforeEach(async () => {
    await emptied();
  });

  strategyContract('directory in MySQL that places new keys', {
    open: () => DirectoryStrategy.open({ shards, store, choose: (key) => key.length % 2 }),
    keys: [...keys, ...keys.map((_, i) => BigInt(i) ** 12n)],
  });

  test('of routers that place a new key at once, all use the shard of the first', async () => {
    const strategies = await Promise.all(
      shards.map((shard) => DirectoryStrategy.open({ shards, store, choose: () => shard })),
    );
    const placed = await Promise.all(strategies.map(async (strategy) => strategy.shardOf('new')));
    expect(new Set(placed).size).toBe(1);
  });

  test.each([
    ['too long', 'x'.repeat(1_001)],
    ['too long in bytes', 'ä'.repeat(501)],
    ['no Unicode', '\uD800'],
  ])('a key that is %s is refused', async (_, key) => {
    await expect(store.place(key, 0)).rejects.toThrow(InvalidKeyError);
    expect(await store.place('x'.repeat(1_000), 0)).toBe(0);
  });
});

test('a database that does not answer is told as the directory`s, not as the key`s shard', async () => {
  const nowhere = [{ id: 0, writer: 'mysql://nobody:no@127.0.0.1:1/nothing' }];
  const down = new MysqlDirectoryStore(async (fn) => (await withShardSessions(nowhere, fn))[0]!);
  await expect(down.find(['a'])).rejects.toThrow(DirectoryUnavailableError);
  await expect(down.place('a', 0)).rejects.toMatchObject({ retryable: true, cause: expect.any(Error) });
  await expect(DirectoryStrategy.open({ shards, store: down })).rejects.toThrow(DirectoryUnavailableError);
});
