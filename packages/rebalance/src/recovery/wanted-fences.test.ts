import { expect, test } from '@jest/globals';
import { epochRanges } from '@ordershard/shard-router';
import { type ClaimingFence, claimOf } from '../ownership/claim.ts';
import { drawBySeed, FenceModel } from '../ownership/fences.model.ts';
import { type HeardClaim, proveOwners } from '../ownership/prove-owners.ts';
import { claimOfSeal } from '../ownership/seal.ts';
import { isOther, wantedKeys, wantedNumbers } from './wanted-fences.ts';

const yielding = (claim: HeardClaim): HeardClaim => ({
  ...claim,
  cells: claim.cells.map((cell) => ({ ...cell, yields: 'any' })),
});

/** The fences that a shard is given, by what the others say, in place of those that it has. */
function recovered(model: FenceModel, shard: number): readonly ClaimingFence[] {
  const { map } = model;
  const epochs = epochRanges(map);
  const { owned, generations } = proveOwners(
    map,
    model.members.map((member) =>
      member === shard
        ? yielding(claimOfSeal(map, shard, model.seals.get(shard)!.text))
        : claimOf(member, model.shards.get(member)!.fences),
    ),
  );
  const { fences } = model.shards.get(shard)!;
  const numbers = Array.from({ length: map.bucketCount }, (_, bucket) => {
    const rows = fences
      .filter((fence) => fence.kind === 'numbers' && fence.bucket === bucket)
      .map((fence) => ({ ...fence, from: BigInt(fence.at), to: BigInt(fence.to) }));
    const cells = owned.filter((cell) => cell.kind === 'numbers' && cell.bucket === bucket);
    return wantedNumbers(shard, rows, cells, epochs).map(
      ({ from, to, state, nextOwner, was }): ClaimingFence => ({
        kind: 'numbers',
        bucket,
        at: String(from),
        to: String(to),
        range_from: String(from),
        state,
        next_owner: nextOwner,
        readable_from: was[0]?.readable_from ?? '0',
      }),
    );
  });
  const keys = epochs.flatMap((epoch, at) =>
    Array.from({ length: map.bucketCount }, (_, bucket): ClaimingFence => {
      const generation = generations[at]!;
      const owner = owned.find(
        (cell) => cell.kind === 'keys' && cell.bucket === bucket && cell.from === BigInt(generation),
      )!.shard;
      const was = fences.find(
        (fence) => fence.kind === 'keys' && fence.bucket === bucket && fence.at === String(generation),
      );
      const { state, nextOwner } = wantedKeys(shard, was, owner, epoch, 0);
      const [text, from] = [String(generation), String(epoch.from)];
      return {
        kind: 'keys',
        bucket,
        at: text,
        to: text,
        range_from: from,
        state,
        next_owner: nextOwner,
        readable_from: '0',
      };
    }),
  );
  const texts = owned
    .filter(({ kind }) => kind === 'texts')
    .map(({ bucket, shard: owner }): ClaimingFence => ({
      kind: 'texts',
      bucket,
      at: String(bucket),
      to: String(bucket),
      range_from: '0',
      state: owner === shard ? 'owned' : 'moved',
      next_owner: owner === shard ? null : owner,
      readable_from: '0',
    }));
  return [...numbers.flat(), ...keys, ...texts];
}

test('after moves, epochs, retention and new shards in any order a restored shard owns again what it owned, by the word of the others', () => {
  let restored = 0;
  for (let seed = 0; seed < 8; seed += 1) {
    const model = new FenceModel(drawBySeed(seed));
    const done: string[] = [];
    for (let step = 0; step < 40; step += 1) {
      done.push(model.step());
      const known = model.prove().owned;
      const shard = model.restore();
      if (model.behind.length > 0) restored += 1;
      const claims = model.members.map((member) =>
        claimOf(member, member === shard ? recovered(model, shard) : model.shards.get(member)!.fences),
      );
      const { owned, faults } = proveOwners(model.map, claims);
      expect({ seed, done, shard, faults, owned }).toEqual({ seed, done, shard, faults: [], owned: known });
      model.heal();
    }
  }
  expect(restored).toBeGreaterThan(60);
});

test('a fence is other when its shard begins or ceases to own by it, or others are sent elsewhere', () => {
  const owned = { state: 'owned', next: null } as const;
  const away = { state: 'moved', next: 2 } as const;
  expect(isOther(owned, { state: 'owned', nextOwner: null })).toBe(false);
  expect(isOther({ state: 'capturing', next: 1 }, { state: 'owned', nextOwner: null })).toBe(false);
  expect(isOther(owned, { state: 'moved', nextOwner: 2 })).toBe(true);
  expect(isOther(away, { state: 'moved', nextOwner: 2 })).toBe(false);
  expect(isOther(away, { state: 'moved', nextOwner: 1 })).toBe(true);
  expect(isOther(undefined, { state: 'moved', nextOwner: 1 })).toBe(true);
});

test('keys of an epoch that is over take no new ones', () => {
  const day = 86_400_000;
  const now = Date.now();
  const to = 2n ** 62n;
  expect(wantedKeys(0, undefined, 0, { to }, now).state).toBe('owned');
  expect(wantedKeys(0, undefined, 0, { to: 1n }, now + day).state).toBe('sealed');
  expect(wantedKeys(0, { state: 'sealed' }, 0, { to }, now).state).toBe('sealed');
  expect(wantedKeys(0, { state: 'owned' }, 1, { to }, now)).toEqual({ state: 'moved', nextOwner: 1 });
});
