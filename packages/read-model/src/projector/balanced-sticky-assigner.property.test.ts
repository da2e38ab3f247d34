import { expect, test } from '@jest/globals';
import type { ClusterMetadata, ExtendedGroupProtocolSubscription } from '@platformatic/kafka';
import * as fc from 'fast-check';
import { balancedStickyAssigner } from './balanced-sticky-assigner.ts';

const TOPIC = 'orders';
/** Rounds of a group until nothing is let go any more. */
const ROUNDS = 40;

type Owned = Map<string, readonly number[]>;

const metadataOf = (partitionsCount: number) =>
  ({ topics: new Map([[TOPIC, { partitionsCount }]]) }) as unknown as ClusterMetadata;

/** One round: what each member gets, by what each says that it has. */
function round(owned: Owned, partitions: number, generationId: number): Owned {
  const members = new Map(
    [...owned].map(([memberId, own]): [string, ExtendedGroupProtocolSubscription] => [
      memberId,
      {
        memberId,
        version: 3,
        topics: [TOPIC],
        ownedPartitions: own.length === 0 ? [] : [{ topic: TOPIC, partitions: [...own] }],
        generationId: own.length === 0 ? -1 : generationId,
      } as unknown as ExtendedGroupProtocolSubscription,
    ]),
  );
  const assigned = balancedStickyAssigner('leader', members, new Set([TOPIC]), metadataOf(partitions));
  return new Map(
    assigned.map(({ memberId, assignments }) => [memberId, assignments.get(TOPIC)?.partitions ?? []]),
  );
}

/** Goes on until a round changes nothing, as members do that have let go of something. */
function settle(owned: Owned, partitions: number): Owned {
  let before = owned;
  for (let generation = 1; generation < ROUNDS; generation += 1) {
    const after = round(before, partitions, generation);
    const all = [...after.values()].flat();
    expect(new Set(all).size).toBe(all.length);
    for (const [memberId, partition] of [...after].flatMap(([id, some]) =>
      some.map((one) => [id, one] as const),
    )) {
      const holder = [...before].find(([, some]) => some.includes(partition))?.[0];
      expect(holder === undefined || holder === memberId).toBe(true);
    }
    if (JSON.stringify([...after]) === JSON.stringify([...before])) return after;
    before = after;
  }
  throw new Error('the group does not come to rest');
}

const sizesOf = (owned: Owned) => [...owned.values()].map(({ length }) => length).toSorted((a, b) => a - b);

test('a fourth member of six partitions gets one', () => {
  const three: Owned = new Map([
    ['a', [0, 1]],
    ['b', [2, 3]],
    ['c', [4, 5]],
    ['d', []],
  ]);
  expect(sizesOf(settle(three, 6))).toEqual([1, 1, 2, 2]);
});

test('whoever has whatever: no partition goes from one to another in one round, and all come to an even share', () => {
  const groups = fc.integer({ min: 1, max: 12 }).chain((partitions) =>
    fc.record({
      partitions: fc.constant(partitions),
      holders: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: partitions, maxLength: partitions }),
      members: fc.integer({ min: 1, max: 7 }),
    }),
  );
  fc.assert(
    fc.property(groups, ({ partitions, holders, members }) => {
      const owned: Owned = new Map(
        Array.from({ length: members }, (_, member) => [
          `m-${member}`,
          holders.flatMap((holder, partition) => (holder === member ? [partition] : [])),
        ]),
      );
      const settled = settle(owned, partitions);
      expect([...settled.values()].flat().toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: partitions }, (_, partition) => partition),
      );
      const sizes = sizesOf(settled);
      expect(sizes.at(-1)! - sizes[0]!).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});
