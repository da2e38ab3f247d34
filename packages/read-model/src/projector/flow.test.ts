import { expect, test } from '@jest/globals';
import { Flow, type Standing } from './flow.ts';

function scene() {
  let now = 0;
  const flow = new Flow('orders', 27_000, () => now);
  const standing = (next: bigint, more: Partial<Standing> = {}): Standing => ({
    partition: 2,
    next,
    read: true,
    end: 110n,
    stable: 110n,
    ...more,
  });
  return {
    /** Looks every 3 s. */
    look: (times: number, ...some: readonly Standing[]) => {
      for (let i = 0; i < times; i += 1) {
        now += 3_000;
        flow.look(some);
      }
    },
    pass: (ms: number) => {
      now += ms;
    },
    standing,
    flow,
    texts: () => flow.standstills.map(({ text }) => text),
  };
}

test('a partition that is behind and does not move is told, with where it stands and why', () => {
  const { look, standing, texts } = scene();
  look(9, standing(94n));
  expect(texts()).toEqual([]);
  look(1, standing(94n));
  expect(texts()).toEqual([
    'orders partition 2 has stood at 94 of 110 for 27 s: what is read is not dealt with',
  ]);
  look(1, standing(94n, { read: false }));
  expect(texts()[0]).toContain('nothing more is read');
  look(1, standing(94n, { read: false, stable: 94n }));
  expect(texts()[0]).toContain('a transaction of a producer is open there');
  look(1, standing(95n));
  expect(texts()).toEqual([]);
});

test('one that moves, is at the end, or belongs to another by now is well', () => {
  const { look, standing, texts } = scene();
  for (let next = 0n; next < 30n; next += 1n) look(1, standing(next));
  expect(texts()).toEqual([]);
  look(30, standing(110n));
  expect(texts()).toEqual([]);
  // It was at the end for long, and has only now something to do.
  look(1, standing(110n, { end: 111n }));
  expect(texts()).toEqual([]);
  look(30, standing(94n));
  look(1);
  expect(texts()).toEqual([]);
});

test('brokers that do not say where the log ends are told', () => {
  const { look, pass, standing, flow, texts } = scene();
  look(1, standing(110n));
  pass(27_000);
  expect(texts()).toEqual(['orders: its brokers have not said for 27 s where it ends']);
  flow.restart();
  expect(texts()).toEqual([]);
});
