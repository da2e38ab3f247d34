import { expect, test } from '@jest/globals';
import { encodeMapBody, epochRanges, initialMap, nextMap } from '@ordershard/shard-router';
import { type ClaimingFence, claimOf } from './claim.ts';
import { decodeCells, encodeClaim } from './claim-text.ts';
import { type Database, drawBySeed, FenceModel } from './fences.model.ts';
import { mapOfOwners } from './map-of-owners.ts';
import { type OwnedCell, proveOwners } from './prove-owners.ts';

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed);
const STEPS = 40;

/** Who owns what at each number that matters, as text. */
function ownersText(cells: readonly OwnedCell[]): readonly string[] {
  return cells
    .map(({ kind, bucket, from, to, shard }) => `${kind} ${bucket} ${from} ${to}: ${shard}`)
    .toSorted();
}

/** What a shard's fences say that it owns, whether it is past its retention or not. */
function ownedText(shard: number, databases: ReadonlyMap<number, Database>): string {
  const fences = databases.get(shard)!.fences.map((fence) => ({ ...fence, readable_from: '0' }));
  return encodeClaim(claimOf(shard, fences));
}

/** Where a map says otherwise than what was proved. */
function faultsOf(model: FenceModel): readonly string[] {
  const { owned, generations } = model.prove();
  return epochRanges(model.map).flatMap(({ from, owners, keyOwners, keyGeneration }, at) => [
    ...(generations[at] === keyGeneration ? [] : [`epoch ${from} has generation ${keyGeneration}`]),
    ...owned.flatMap(({ kind, bucket, from: first, to, shard }) => {
      if (kind === 'numbers' && first <= from && from < to && owners[bucket] !== shard)
        return [`epoch ${from}: numbers of bucket ${bucket}`];
      if (kind === 'keys' && first === BigInt(keyGeneration) && keyOwners[bucket] !== shard)
        return [`epoch ${from}: keys of bucket ${bucket}`];
      return [];
    }),
    ...keyOwners.flatMap((owner, bucket) =>
      owners.includes(owner) ? [] : [`epoch ${from}: no number goes with keys of bucket ${bucket}`],
    ),
  ]);
}

test('after moves, roll-backs, epochs, retention and new shards in any order everything has one owner, and the map says whom', () => {
  for (const seed of SEEDS) {
    const model = new FenceModel(drawBySeed(seed));
    const done: string[] = [];
    for (let step = 0; step < STEPS; step += 1) {
      done.push(model.step());
      expect({ seed, done, faults: model.prove().faults, behind: model.behind }).toEqual({
        seed,
        done,
        faults: [],
        behind: [],
      });
      expect({ seed, done, faults: faultsOf(model) }).toEqual({ seed, done, faults: [] });
    }
  }
});

test('for a member that does not answer its seal stands, wherever an operation has got to', () => {
  let seen = 0;
  for (const seed of SEEDS) {
    const draw = drawBySeed(seed);
    const model = new FenceModel(draw);
    const done: string[] = [];
    const look = () => {
      const absent = model.members[draw(model.members.length)]!;
      const { faults } = model.prove([absent]);
      expect({ seed, done, absent, faults }).toEqual({ seed, done, absent, faults: [] });
      seen += 1;
    };
    model.between = look;
    for (let step = 0; step < STEPS; step += 1) {
      done.push(model.step());
      model.between([]);
      if (step % 4 !== 0) continue;
      const known = ownersText(model.prove().owned);
      for (const absent of model.members)
        expect({ seed, done, absent, owned: ownersText(model.prove([absent]).owned) }).toEqual({
          seed,
          done,
          absent,
          owned: known,
        });
    }
  }
  expect(seen).toBeGreaterThan(500);
});

test('a restored member that claims what it gave away, or has lost what it got, is found: by its seal, and by the claims', () => {
  const found = { faults: 0, behindOnly: 0, harmless: 0 };
  for (const seed of SEEDS) {
    const model = new FenceModel(drawBySeed(seed));
    const done: string[] = [];
    for (let step = 0; step < STEPS; step += 1) {
      done.push(model.step());
      const shard = model.restore();
      const isSame = ownedText(shard, model.shards) === ownedText(shard, model.truth);
      const { faults } = model.prove();
      if (!isSame && !model.behind.includes(shard) && faults.length === 0)
        throw new Error(
          `seed ${seed}, ${done.join(', ')}: shard ${shard} is not what it was, and nobody sees it`,
        );
      if (faults.length > 0) found.faults += 1;
      else if (model.behind.length > 0) found.behindOnly += 1;
      else found.harmless += 1;
      model.heal();
    }
  }
  expect(found.faults).toBeGreaterThan(100);
  expect(found.behindOnly).toBeGreaterThan(10);
});

test('a claim is the same text whatever the order and the cuts of its fences, and is read again from it', () => {
  const model = new FenceModel(drawBySeed(3));
  for (let step = 0; step < 60; step += 1) model.step();
  for (const [shard, { fences }] of model.shards) {
    const claim = claimOf(shard, fences);
    const cut = fences.flatMap((fence): ClaimingFence[] => {
      if (
        fence.kind !== 'numbers' ||
        BigInt(fence.to) - BigInt(fence.at) < 10n ||
        fence.readable_from !== '0'
      )
        return [fence];
      const middle = String(BigInt(fence.at) + 5n);
      return [
        { ...fence, at: middle, range_from: middle },
        { ...fence, to: middle },
      ];
    });
    expect(encodeClaim(claimOf(shard, cut.toReversed()))).toBe(encodeClaim(claim));
    const again = { cells: decodeCells(encodeClaim(claim)) };
    expect(encodeClaim(again)).toBe(encodeClaim(claim));
  }
});

test('a map that has lost owners and generations of keys gets them again from the fences', () => {
  let healed = 0;
  for (const seed of SEEDS) {
    const model = new FenceModel(drawBySeed(seed));
    for (let step = 0; step < STEPS; step += 1) model.step();
    const epochs = model.map.epochs.map(({ from, owners }) => ({ from, owners }));
    model.map = nextMap({ ...model.map, epochs }, model.map);
    const wasFaulty = faultsOf(model).length > 0;
    model.map = nextMap(mapOfOwners(model.map, model.prove()), model.map);
    expect(faultsOf(model)).toEqual([]);
    if (wasFaulty) healed += 1;
  }
  expect(healed).toBeGreaterThan(0);
});

test('a map with fields of a later release keeps them when its owners change', () => {
  const map = initialMap('c', 8, [0, 1]);
  const later = nextMap(
    { ...map, epochs: [{ ...map.epochs[0]!, laterField: 1 } as never], laterToo: 'x' } as never,
    map,
  );
  const other = new FenceModel(drawBySeed(0));
  const claims = [...other.shards].map(([shard, { fences }]) => claimOf(1 - shard, fences));
  const body = encodeMapBody(mapOfOwners(later, proveOwners(later, claims)));
  expect(JSON.parse(body)).toMatchObject({ epochs: [{ laterField: 1 }], laterToo: 'x' });
  expect(body).not.toBe(encodeMapBody(later));
});
