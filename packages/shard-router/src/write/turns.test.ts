import { describe, expect, test } from '@jest/globals';
import type { WriteTarget } from '../fence/write-target.ts';
import { type Turn, Turns } from './turns.ts';

describe('turns', () => {
  test('come in the order of their number and of their key, and whatever is of others at once', () => {
    const turns = new Turns();
    const take = (target: WriteTarget) => turns.take(target).before;
    expect(take({ number: 1n })).toBe(0);
    expect(take({ key: 'a' })).toBe(0);
    expect(take({ number: 1n, key: 'a' })).toBe(2);
    expect(take({ number: 2n, key: 'a' })).toBe(1);
    expect(take({ number: 3n, key: '3' })).toBe(0);
    expect(turns.waiting).toBe(2);
  });

  test('that are ended early hold the order for those behind them', () => {
    const turns = new Turns();
    const target = { number: 1n };
    const [first, second, third] = [turns.take(target), turns.take(target), turns.take(target)];
    let came = false;
    third.come = () => {
      came = true;
    };
    turns.end(second, target);
    expect(came).toBe(false);
    turns.end(first, target);
    expect(came).toBe(true);
    turns.end(third, target);
    expect(turns.take(target).before).toBe(0);
    expect(turns.waiting).toBe(0);
  });

  test('are kept whatever the targets are, and whoever ends when', () => {
    let random = 11;
    const below = (limit: number) => (random = (random * 48_271) % 2_147_483_647) % limit;
    for (let round = 0; round < 300; round += 1) {
      const turns = new Turns();
      const open: { turn: Turn; target: WriteTarget; at: number }[] = [];
      let taken = 0;
      for (let step = 0; step < 60; step += 1) {
        if (below(2) === 0) {
          const number = below(4) === 0 ? undefined : BigInt(below(3));
          const key = number === undefined || below(2) === 0 ? `k${below(3)}` : undefined;
          const target = {
            ...(number === undefined ? {} : { number }),
            ...(key === undefined ? {} : { key }),
          };
          open.push({ turn: turns.take(target), target, at: (taken += 1) });
        } else if (open.length > 0) {
          const [one] = open.splice(below(open.length), 1);
          // One that ends early is out of the way only when those before it are.
          if (one!.turn.before > 0) open.unshift(one!);
          else turns.end(one!.turn, one!.target);
        }
        for (const { turn, target, at } of open) {
          const earlier = open.some(
            (other) =>
              other.at < at &&
              ((target.number !== undefined && other.target.number === target.number) ||
                (target.key !== undefined && other.target.key === target.key)),
          );
          expect(turn.before > 0).toBe(earlier);
        }
      }
    }
  });
});
