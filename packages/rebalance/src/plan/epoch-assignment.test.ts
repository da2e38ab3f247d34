import { expect, test } from '@jest/globals';
import { initialMap } from '@ordershard/shard-router';
import { epochAssignment } from './epoch-assignment.ts';

const weights = (...all: readonly number[]) => all.map((weight, id) => ({ id, weight }));
const counts = (owners: readonly number[]) =>
  [0, 1, 2].map((shard) => owners.filter((owner) => owner === shard).length);

test('a shard more gets its part of new orders and keys, and only what it gets changes', () => {
  const map = initialMap('test', 64, [0, 1]);
  const { owners, keyOwners, changed } = epochAssignment(map, weights(1, 1, 1));
  expect(counts(owners).toSorted((a, b) => a - b)).toEqual([21, 21, 22]);
  expect(counts(keyOwners)).toEqual(counts(owners));
  const old = map.epochs[0]!.owners;
  expect(owners.filter((owner, bucket) => owner !== old[bucket] && owner !== 2)).toEqual([]);
  expect(changed).toEqual({ numbers: counts(owners)[2], keys: counts(owners)[2] });
});

test('a drained shard gets nothing, and comes back with undrain', () => {
  const map = initialMap('test', 64, [0, 1, 2]);
  const drained = epochAssignment(map, weights(1, 0, 1));
  expect(counts(drained.owners)).toEqual([32, 0, 32]);
  const after = { ...map, epochs: [{ from: '0', owners: drained.owners }], keyOwners: drained.keyOwners };
  expect(counts(epochAssignment(after, weights(1, 1, 1)).owners).toSorted((a, b) => a - b)).toEqual([
    21, 21, 22,
  ]);
  expect(epochAssignment(map, weights(1, 1, 1)).changed).toEqual({ numbers: 0, keys: 0 });
});
