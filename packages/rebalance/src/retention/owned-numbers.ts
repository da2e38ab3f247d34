import type { ShardSession } from '@ordershard/shard-router';
import { readFences } from '../sql/retention/fences.ts';
import type { FenceRange } from './split-fence.ts';

/** Which numbers a shard owns by its fences, those that are carried over among them. */
export class OwnedNumbers {
  readonly #byBucket: ReadonlyMap<number, readonly FenceRange[]>;

  constructor(fences: readonly FenceRange[]) {
    this.#byBucket = Map.groupBy(
      fences.filter(({ state }) => state === 'owned' || state === 'carried'),
      ({ bucket }) => bucket,
    );
  }

  static async read(session: ShardSession): Promise<OwnedNumbers> {
    return new OwnedNumbers(await readFences(session));
  }

  has(bucket: number, number: bigint): boolean {
    return this.#byBucket.get(bucket)?.some(({ from, to }) => from <= number && number < to) === true;
  }
}
