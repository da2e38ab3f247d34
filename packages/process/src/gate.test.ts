import { expect, test } from '@jest/globals';
import { Gate } from './gate.ts';

test('so many are let through at once, the others in their order, whatever becomes of those before', async () => {
  const gate = new Gate(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, i) =>
    gate.through(async () => {
      begun.push(i);
      await promise;
      return i;
    }),
  );
  const settled = Promise.allSettled(all);
  expect(begun).toEqual([0, 1]);
  ends[1]!.reject(new Error('no'));
  await expect(all[1]).rejects.toThrow('no');
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await settled;
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(await gate.through(async () => 'again')).toBe('again');
});
