import {
  type DirectoryStore,
  DirectoryStrategy,
  MemoryDirectoryStore,
  type ShardKey,
} from '@ordershard/shard-router';
import { mulberry32 } from '../measure/statistics.ts';
import { shardIds } from './contenders.ts';

export interface FailureFigures {
  /** Entries that the directory's cache may hold. */
  readonly cacheSize: number;
  /** Part of requests for orders that were there that are decided while the store is down. */
  readonly knownDecided: number;
  /** Part of requests for orders that are new. */
  readonly newDecided: number;
}

const REQUESTS = 50_000;

/** A directory's store that can be down. */
class FailingStore extends MemoryDirectoryStore {
  down = false;

  override find(keys: readonly string[]): ReturnType<DirectoryStore['find']> {
    return this.down ? Promise.reject(new Error('connect ECONNREFUSED')) : super.find(keys);
  }

  override place(key: string, shard: number): Promise<number> {
    return this.down ? Promise.reject(new Error('connect ECONNREFUSED')) : super.place(key, shard);
  }
}

/**
 * What a directory decides while its store is down, by the size of its cache. Requests are for young orders mostly: how
 * far back they go is exponential, with a mean of a tenth of the day. The other strategies keep what they need in memory.
 */
export async function measureFailure(
  numbers: readonly bigint[],
  shards: number,
): Promise<readonly FailureFigures[]> {
  const figures: FailureFigures[] = [];
  for (const part of [1, 0.1, 0.01]) {
    const cacheSize = Math.round(numbers.length * part);
    const store = new FailingStore(numbers.map((number, i) => [number.toString(), i % shards]));
    const strategy = await DirectoryStrategy.open({
      shards: shardIds(shards),
      store,
      // Two generations: twice the size for all keys to fit for sure.
      cacheSize: part === 1 ? cacheSize * 2 : cacheSize,
      choose: (key) => key.length % shards,
    });
    const random = mulberry32(7);
    const request = () => {
      const back = Math.floor(-Math.log(1 - random()) * 0.1 * numbers.length) % numbers.length;
      return numbers[numbers.length - 1 - back]!;
    };
    for (let i = 0; i < REQUESTS; i += 1) await strategy.shardOf(request());
    store.down = true;
    let [known, fresh] = [0, 0];
    for (let i = 0; i < REQUESTS; i += 1) known += await decided(strategy, request());
    for (let i = 0; i < 100; i += 1) fresh += await decided(strategy, numbers.at(-1)! + BigInt(i + 1));
    figures.push({ cacheSize, knownDecided: known / REQUESTS, newDecided: fresh / 100 });
  }
  return figures;
}

async function decided(strategy: DirectoryStrategy, key: ShardKey): Promise<number> {
  try {
    await strategy.shardOf(key);
    return 1;
  } catch {
    return 0;
  }
}
