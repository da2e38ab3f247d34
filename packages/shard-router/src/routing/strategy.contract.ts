import { describe, expect, test } from '@jest/globals';
import { InvalidKeyError } from '../errors.ts';
import type { ShardKey } from './bucket.ts';
import type { ShardingStrategy } from './strategy.ts';

/** A strategy as the contract suite needs it. */
export interface StrategySubject {
  /** A strategy with at least two shards, newly made. Two of them are alike. */
  readonly open: () => ShardingStrategy | Promise<ShardingStrategy>;
  /** At least a hundred different keys that it takes, which do not all live on one shard. */
  readonly keys: readonly ShardKey[];
}

/** What every strategy has to keep. Each runs it in its own test file. */
export function strategyContract(name: string, { open, keys }: StrategySubject): void {
  describe(`${name} keeps the contract of a strategy`, () => {
    test('every key lives on exactly one shard, which is a known one', async () => {
      const strategy = await open();
      expect(keys.length).toBeGreaterThanOrEqual(100);
      expect(strategy.shards.length).toBeGreaterThan(1);
      const used = new Set<number>();
      for (const key of keys) used.add(await strategy.shardOf(key));
      expect(used.size).toBeGreaterThan(1);
      for (const shard of used) expect(strategy.shards).toContain(shard);
    });

    test('a key stays where it is, for this instance and for another', async () => {
      const [strategy, other] = [await open(), await open()];
      for (const key of keys) {
        const shard = await strategy.shardOf(key);
        expect(await strategy.shardOf(key)).toBe(shard);
        expect(await other.shardOf(key)).toBe(shard);
      }
    });

    test('the order in which keys come does not matter', async () => {
      const [strategy, other] = [await open(), await open()];
      const forwards = new Map<ShardKey, number>();
      for (const key of keys) forwards.set(key, await strategy.shardOf(key));
      for (const key of keys.toReversed()) expect(await other.shardOf(key)).toBe(forwards.get(key));
    });

    test('a key that was decided just now is decided again at once, without a promise', async () => {
      const strategy = await open();
      for (const key of keys) {
        const shard = await strategy.shardOf(key);
        expect(strategy.shardOf(key)).toBe(shard);
      }
    });

    test('keys that are asked for together are decided as one by one', async () => {
      const [strategy, other] = [await open(), await open()];
      const together = await Promise.all(keys.map(async (key) => strategy.shardOf(key)));
      for (const [i, key] of keys.entries()) expect(await other.shardOf(key)).toBe(together[i]);
    });

    test.each([
      [''],
      [7],
      [Number.NaN],
      [true],
      [null],
      [undefined],
      [{}],
      [['a']],
      [Symbol('a')],
      [() => 'a'],
    ])('%p is not a key', async (bad) => {
      const strategy = await open();
      expect(() => strategy.shardOf(bad as string)).toThrow(InvalidKeyError);
    });

    test('it says what it is and how it grows', async () => {
      const { name: own, growth, shards } = await open();
      expect(own).toMatch(/^[a-z][a-z-]+$/);
      expect(growth).toEqual({
        unit: expect.stringMatching(/^(bucket|range|key)$/),
        withoutCopying: expect.any(Boolean),
        description: expect.stringMatching(/\.$/),
      });
      expect(new Set(shards).size).toBe(shards.length);
    });
  });
}
