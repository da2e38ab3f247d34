import { expect, test } from '@jest/globals';
import { initialMap, nextMap } from '@ordershard/shard-router';
import { nextAssignment } from './assignment.ts';

const map = initialMap('c', 1024, [0, 1]);
const count = (owners: readonly number[], shard: number) => owners.filter((owner) => owner === shard).length;

test('a new shard gets its part, and as few buckets as can be change their owner', () => {
  const shards = [0, 1, 2].map((id) => ({ id, weight: 1 }));
  const { owners, keyOwners, changed } = nextAssignment(map, shards);
  expect([0, 1, 2].map((shard) => count(owners, shard)).toSorted((a, b) => a - b)).toEqual([341, 341, 342]);
  expect(changed.numbers).toBe(count(owners, 2));
  expect(owners.every((owner, bucket) => owner === 2 || owner === map.epochs[0]!.owners[bucket])).toBe(true);
  expect(count(keyOwners, 2)).toBe(changed.keys);
  const again = nextAssignment(nextMap({ ...map, epochs: [{ from: '0', owners }], keyOwners }, map), shards);
  expect(again.changed).toEqual({ numbers: 0, keys: 0 });
});

test('a shard that is left out owns nothing any more, neither numbers nor keys, and comes back', () => {
  const weights = (...all: readonly number[]) => all.map((weight, id) => ({ id, weight }));
  const { owners, keyOwners } = nextAssignment(map, weights(1, 0));
  expect(new Set([...owners, ...keyOwners])).toEqual(new Set([0]));
  const drained = nextMap({ ...map, epochs: [{ from: '0', owners }], keyOwners }, map);
  const back = nextAssignment(drained, weights(1, 1));
  expect([0, 1].map((shard) => count(back.owners, shard))).toEqual([512, 512]);
  expect(back.changed).toEqual({ numbers: 512, keys: 512 });
});
