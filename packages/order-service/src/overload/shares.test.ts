import { expect, test } from '@jest/globals';
import { Shares } from './shares.ts';

/** Takes as much as there is for a caller, and returns how much that was. */
function takeAll(shares: Shares, caller: string | undefined, room: number): number {
  let taken = 0;
  for (; shares.allows(caller, room); taken += 1) shares.take(caller);
  return taken;
}

test('one who is alone leaves some room for the next, who finds it', () => {
  const shares = new Shares();
  expect(takeAll(shares, 'greedy', 100)).toBe(85);
  expect(takeAll(shares, 'late', 100)).toBe(15);
  expect(shares.total).toBe(100);
});

test('what is given back goes to those who hold less', () => {
  const shares = new Shares();
  takeAll(shares, 'greedy', 100);
  takeAll(shares, 'late', 100);
  for (let i = 0; i < 50; i += 1) {
    shares.giveBack('greedy');
    for (const caller of ['greedy', 'late']) if (shares.allows(caller, 100)) shares.take(caller);
  }
  expect(shares.heldBy('late')).toBeGreaterThanOrEqual(33);
  expect(shares.total).toBeGreaterThanOrEqual(85);
});

test('many who hold little take all of it', () => {
  const shares = new Shares();
  for (let i = 0; i < 100; i += 1) expect(takeAll(shares, `m-${i}`, i + 1)).toBe(1);
  expect(shares.total).toBe(100);
});

test('those who are not told apart have no share each', () => {
  expect(takeAll(new Shares(), undefined, 100)).toBe(100);
});
