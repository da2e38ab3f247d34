import { initialMap, type ShardingStrategy } from '@ordershard/shard-router';
import { median } from '../measure/statistics.ts';
import { BUCKETS, directoryOf, keyHash, mapWithEpoch, quantiles, ranges, shardIds } from './contenders.ts';

const WARM_UP_ROUNDS = 5;

export interface DecisionFigures {
  readonly name: string;
  /** Nanoseconds of one `shardOf` in the fastest round: what else the machine does can only add to it. */
  readonly ns: number;
  /** The same in the median round. */
  readonly medianNs: number;
}

/** What one decision costs under each strategy, for the same order numbers in the same mixed turn. */
export async function measureDecisions(
  numbers: readonly bigint[],
  shards: number,
  rounds: number,
): Promise<readonly DecisionFigures[]> {
  const map = initialMap('bench', BUCKETS, shardIds(shards));
  const contenders: readonly (readonly [string, ShardingStrategy])[] = [
    ['key-hash', keyHash(shards, map)],
    ['key-hash, two epochs', keyHash(shards + 1, mapWithEpoch(map, numbers[numbers.length >> 1]!, shards))],
    ['range, one a shard', ranges(quantiles(numbers, shards))],
    ['range, 365 of them', ranges(quantiles(numbers, 365))],
    ['directory, cached', await directoryOf(shards, numbers)],
  ];
  // Neighbours in time are not neighbours in turn: 7,919 is prime, so every number has its one.
  const mixed = numbers.map((_, i) => numbers[(i * 7_919) % numbers.length]!);
  const times = contenders.map(() => [] as number[]);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const [i, [, strategy]] of contenders.entries()) {
      const ns = timeRound(strategy, mixed);
      if (round >= 0) times[i]!.push(ns);
    }
  }
  return contenders.map(([name], i) => ({ name, ns: Math.min(...times[i]!), medianNs: median(times[i]!) }));
}

function timeRound(strategy: ShardingStrategy, keys: readonly bigint[]): number {
  let sum = 0;
  const start = performance.now();
  for (const key of keys) sum += strategy.shardOf(key) as number;
  const ns = ((performance.now() - start) * 1e6) / keys.length;
  if (Number.isNaN(sum)) throw new TypeError(`${strategy.name}: a key was not decided at once`);
  return ns;
}
