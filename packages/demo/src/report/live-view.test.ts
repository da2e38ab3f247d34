import { expect, test } from '@jest/globals';
import { blockOf, type LiveFigures, lineOf, LiveView } from './live-view.ts';

const figures: LiveFigures = {
  minute: 765,
  orders: 200,
  begun: 100,
  underWay: 12,
  acknowledged: 90,
  requests: 600,
  lag: 7,
  visibleP50: 41.6,
  perShard: [44, 46],
  kills: undefined,
};
const rates = { requests: 812.4, orders: 130.2 };

test('a plain line has simulated time, rates, lag and shards', () => {
  expect(lineOf(figures, rates)).toBe(
    '12:45  90/200 orders  12 under way  130 orders/s  812 requests/s  lag 7  visible p50 42 ms  shards 44 46',
  );
});

test('the redrawn block has a bar of the day', () => {
  const [bar] = blockOf({ ...figures, kills: 2 }, rates);
  expect(bar).toContain(`${'█'.repeat(20)}${'░'.repeat(20)}`);
});

test('on a terminal the view is drawn over itself, and lines that stay come before it', () => {
  const written: string[] = [];
  const out = { isTTY: true, write: (text: string) => written.push(text) > 0 };
  const view = new LiveView(out, () => figures);
  view.draw();
  view.say('hello');
  view.draw();
  view.end();
  view.say('bye');
  const [first, erased, hello, second, erasedAgain, last, bye] = written;
  expect(first).toMatch(/^ {2}12:45/);
  expect(erased).toBe('\u001B[3A\u001B[0J');
  expect(hello).toBe('hello\n');
  expect(second).toMatch(/^ {2}12:45/);
  expect(erasedAgain).toBe(erased);
  expect(last).toMatch(/^ {2}12:45/);
  expect(bye).toBe('bye\n');
});
