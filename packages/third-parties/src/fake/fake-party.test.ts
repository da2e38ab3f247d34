import { expect, test } from '@jest/globals';
import { type PartyName } from '../ports/third-party.ts';
import { thirdPartyContract } from '../ports/third-party.contract.ts';
import { Chance } from './chance.ts';
import { FakeParty } from './fake-party.ts';

const open = (name: PartyName, seed = 1) =>
  new FakeParty({ name, chance: new Chance(seed), tell: () => undefined });

thirdPartyContract('the fake itself', async (name) => {
  const party = open(name);
  // Nothing goes on by itself while the suite looks.
  party.manner = { ...party.manner, stepMs: 3_600_000 };
  return {
    adapter: party,
    close: async () => party.stop(),
  };
});

test('the same seed gives the same fates, in whatever order they are met', async () => {
  const keys = Array.from({ length: 200 }, (_, n) => `k-${n}`);
  const fates = async (seed: number, order: readonly string[]) => {
    const party = open('payment', seed);
    party.manner = { ...party.manner, declined: 0.3, later: 0 };
    const met = new Map<string, string>();
    for (const key of order)
      met.set(key, await party.request({ key, number: '1', shopId: 's', amount: '1', currency: 'KRW' }));
    party.stop();
    return keys.map((key) => met.get(key));
  };
  const some = await fates(7, keys);
  expect(await fates(7, keys.toReversed())).toEqual(some);
  expect(await fates(8, keys)).not.toEqual(some);
  expect(new Set(some)).toEqual(new Set(['captured', 'declined']));
});

test('a liar denies what it knows', async () => {
  const party = open('payment');
  await party.request({ key: 'k', number: '1', shopId: 's', amount: '1', currency: 'KRW' });
  party.manner = { ...party.manner, lies: 1 };
  await expect(party.ask('k')).resolves.toBeUndefined();
  await expect(party.withdraw('k')).rejects.toThrow('does not know');
  party.stop();
});
