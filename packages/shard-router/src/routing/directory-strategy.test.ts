import { expect, test } from '@jest/globals';
import { TopologyError, UnknownShardError } from '../errors.ts';
import { directoryStoreContract } from './directory-store.contract.ts';
import { type DirectoryStore, MemoryDirectoryStore } from './directory-store.ts';
import { DirectoryStrategy } from './directory-strategy.ts';
import { DirectoryUnavailableError, KeyNotInDirectoryError } from './errors.ts';
import { strategyContract } from './strategy.contract.ts';

const entries = Array.from({ length: 300 }, (_, i) => [`shop-${i}`, i % 7 === 0 ? 5 : i % 2] as const);
const keys = entries.map(([key]) => key);
const shards = [0, 1, 5];

directoryStoreContract('memory', () => new MemoryDirectoryStore());

strategyContract('directory', {
  open: () => DirectoryStrategy.open({ shards, store: new MemoryDirectoryStore(entries) }),
  keys,
});

strategyContract('directory with a cache far smaller than its keys', {
  open: () => DirectoryStrategy.open({ shards, store: new MemoryDirectoryStore(entries), cacheSize: 20 }),
  keys,
});

strategyContract('directory that places new keys', {
  open: () =>
    DirectoryStrategy.open({ shards, store: new MemoryDirectoryStore(), choose: (key) => key.length % 2 }),
  keys: [...keys, ...keys.map((_, i) => BigInt(i) ** 12n)],
});

/** A store that counts what is asked of it, and can be down. */
class WatchedStore implements DirectoryStore {
  readonly inner = new MemoryDirectoryStore(entries);
  readonly asked: (readonly string[])[] = [];
  state: 'up' | 'down' | 'silent' = 'up';

  async find(wanted: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.asked.push([...wanted]);
    await this.#answer();
    return this.inner.find(wanted);
  }

  async place(key: string, shard: number): Promise<number> {
    await this.#answer();
    return this.inner.place(key, shard);
  }

  async *entries(limit: number): AsyncIterable<readonly [string, number]> {
    await this.#answer();
    yield* this.inner.entries(limit);
  }

  #answer(): Promise<void> {
    if (this.state === 'silent') return new Promise(() => undefined);
    return this.state === 'up' ? Promise.resolve() : Promise.reject(new Error('connect ECONNREFUSED'));
  }
}

test('while the store is down, cached keys go on and the others fail by type', async () => {
  const store = new WatchedStore();
  let now = 0;
  // 200 of 300 keys fit.
  const strategy = await DirectoryStrategy.open({ shards, store, cacheSize: 200, now: () => now });
  store.state = 'down';
  now = 3_600_000;
  const shardsOf = new Map(entries);
  const outcomes = await Promise.allSettled(keys.map(async (key) => strategy.shardOf(key)));
  const cached = keys.filter((_, i) => outcomes[i]!.status === 'fulfilled');
  expect(cached.length).toBeGreaterThanOrEqual(100);
  expect(cached.length).toBeLessThan(keys.length);
  for (const key of cached) expect(strategy.shardOf(key)).toBe(shardsOf.get(key));
  const lost = keys.find((key) => !cached.includes(key))!;
  await expect(strategy.shardOf(lost)).rejects.toThrow(DirectoryUnavailableError);
  await expect(strategy.shardOf(lost)).rejects.toMatchObject({
    retryable: true,
    cause: expect.any(Error),
  });
  store.state = 'up';
  expect(await strategy.shardOf(lost)).toBe(shardsOf.get(lost));
});

test('a store that does not answer is given up in time', async () => {
  const store = new WatchedStore();
  const strategy = await DirectoryStrategy.open({ shards, store, timeoutMs: 10 });
  strategy.forget('shop-1');
  store.state = 'silent';
  await expect(strategy.shardOf('shop-1')).rejects.toThrow('did not answer within 10 ms');
});

test('keys that are missed together are asked for once, in one question', async () => {
  const store = new WatchedStore();
  const strategy = await DirectoryStrategy.open({ shards, store, cacheSize: 50 });
  for (const key of keys) strategy.forget(key);
  await Promise.all([...keys.slice(0, 20), ...keys.slice(0, 20)].map(async (key) => strategy.shardOf(key)));
  expect(store.asked).toEqual([keys.slice(0, 20)]);
});

test('an old entry is used at once and read again behind that', async () => {
  const store = new WatchedStore();
  let now = 0;
  const strategy = await DirectoryStrategy.open({ shards, store, now: () => now, refreshAfterMs: 1_000 });
  store.inner.find = (wanted) => Promise.resolve(new Map(wanted.map((key) => [key, 5])));
  now = 999;
  expect(strategy.shardOf('shop-1')).toBe(1);
  expect(store.asked).toEqual([]);
  now = 1_000;
  expect(strategy.shardOf('shop-1')).toBe(1);
  await new Promise(setImmediate);
  expect(strategy.shardOf('shop-1')).toBe(5);
});

test('a key that nobody knows is refused', async () => {
  const strategy = await DirectoryStrategy.open({ shards, store: new MemoryDirectoryStore(entries) });
  await expect(strategy.shardOf('nobody')).rejects.toThrow(KeyNotInDirectoryError);
});

test('of two routers that place a new key at once, both use the shard of the first', async () => {
  const store = new MemoryDirectoryStore(entries);
  const [a, b] = await Promise.all(
    [0, 1].map((shard) => DirectoryStrategy.open({ shards, store, choose: () => shard })),
  );
  const [first, second] = await Promise.all([a!.shardOf('new'), b!.shardOf('new')]);
  expect(first).toBe(second);
});

function open(store: DirectoryStore, choose?: () => number): Promise<DirectoryStrategy> {
  return DirectoryStrategy.open({ shards, store, ...(choose === undefined ? {} : { choose }) });
}

test('what is wrong is refused when it is opened, or by key where it cannot be known then', async () => {
  await expect(open(new MemoryDirectoryStore())).rejects.toThrow(TopologyError);
  await expect(open(new MemoryDirectoryStore([['a', 9]]))).rejects.toThrow(UnknownShardError);
  const down = new WatchedStore();
  down.state = 'down';
  await expect(open(down)).rejects.toThrow(DirectoryUnavailableError);
  const store = new MemoryDirectoryStore(entries);
  await expect((await open(store, () => 9)).shardOf('new')).rejects.toThrow(UnknownShardError);
  const strategy = await open(store);
  await store.place('later', 9);
  await expect(strategy.shardOf('later')).rejects.toThrow(UnknownShardError);
});
