import { expect, test } from '@jest/globals';
import { TopologyError, UnknownShardError } from '../errors.ts';
import { initialMap, nextMap } from '../topology/map.ts';
import { KeyHashStrategy } from './key-hash-strategy.ts';
import { strategyContract } from './strategy.contract.ts';

const numbers = Array.from({ length: 500 }, (_, i) => ((BigInt(i) ** 4n) << 22n) + BigInt(i));
const keys = [...numbers, ...numbers.map((number) => `member-${number}`)];

strategyContract('key-hash', {
  open: () => new KeyHashStrategy([0, 1, 2], initialMap('test', 64, [0, 1, 2])),
  keys,
});

strategyContract('key-hash with a second epoch', {
  open: () => new KeyHashStrategy([0, 1, 4], grown()),
  keys,
});

/** Two shards, and a third that takes part from number 2^40 on. */
function grown() {
  const first = initialMap('test', 64, [0, 1]);
  const owners = first.epochs[0]!.owners.map((owner, bucket) => (bucket % 3 === 2 ? 4 : owner));
  return nextMap({ ...first, epochs: [...first.epochs, { from: (2n ** 40n).toString(), owners }] }, first);
}

test('an epoch changes the numbers that it holds, and neither older ones nor keys', () => {
  const before = new KeyHashStrategy([0, 1], initialMap('test', 64, [0, 1]));
  const after = new KeyHashStrategy([0, 1, 4], grown());
  const moved = numbers.filter((number) => before.shardOf(number) !== after.shardOf(number));
  expect(moved.length).toBeGreaterThan(0);
  for (const number of moved) {
    expect(number >= 2n ** 40n).toBe(true);
    expect(after.shardOf(number)).toBe(4);
  }
  for (const key of keys.slice(500)) expect(after.shardOf(key)).toBe(before.shardOf(key));
});

test('a map that names another shard, or leaves a bucket out, is refused', () => {
  const map = initialMap('test', 64, [0, 1]);
  expect(() => new KeyHashStrategy([0], map)).toThrow(UnknownShardError);
  expect(() => new KeyHashStrategy([0, 1], { ...map, keyOwners: map.keyOwners.slice(1) })).toThrow(
    TopologyError,
  );
  expect(() => new KeyHashStrategy([0, 1], { ...map, epochs: [] })).toThrow('has no epoch');
  expect(() => new KeyHashStrategy([], map)).toThrow(TopologyError);
  expect(() => new KeyHashStrategy([0, 0, 1], map)).toThrow('twice');
  expect(() => new KeyHashStrategy([0, 1, -1], map)).toThrow(TopologyError);
});
