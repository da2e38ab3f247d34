import { expect, test } from '@jest/globals';
import { durationText, Progress, progressText } from './progress.ts';

const step = (done: number, total = 1_000) => ({ what: 'copy', done, total, unit: 'rows' });

test('a line says share, rate and time left', () => {
  expect(progressText(step(250), 250, 5_000)).toBe(
    'copy [#####...............] 25 % 250 of 1,000 rows, 50/s, 15 s left',
  );
  expect(progressText(step(0), 0, 0)).toContain('time left not known yet');
  expect(progressText(step(1_000), 750, 5_000)).toContain('100 % 1,000 of 1,000 rows, 150/s, done');
  expect(progressText({ ...step(0, 0) }, 0, 0)).toContain('100 %');
});

test('durations are said as people say them', () => {
  expect([3.2, 89, 91, 5_400, 11_100].map(durationText)).toEqual([
    '4 s',
    '89 s',
    '2 min',
    '1 h 30 min',
    '3 h 5 min',
  ]);
});

function recorded(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress({ isTTY, columns, write: (text) => written.push(text) }, () => now);
  return { written, progress, wait: (ms: number) => (now += ms) };
}

test('elsewhere than on a terminal there are few lines, the first and the last among them', () => {
  const { written, progress, wait } = recorded(false);
  for (let done = 0; done <= 1_000; done += 10) {
    progress.tell(step(done));
    wait(100);
  }
  progress.close();
  expect(written).toHaveLength(3);
  expect(written[0]).toContain(' 0 % ');
  expect(written.at(-1)).toBe('copy [####################] 100 % 1,000 of 1,000 rows, 100/s, done\n');
});

test('on a terminal one line changes, and what is said stays above it', () => {
  const { written, progress, wait } = recorded(true);
  progress.tell(step(0));
  wait(300);
  progress.say('bucket 7 moved');
  progress.tell(step(10));
  progress.close();
  const screen = written.join('').split('\r\u001B[K');
  expect(screen).toEqual([
    '',
    expect.stringContaining(' 0 % '),
    'bucket 7 moved\n',
    expect.stringMatching(/ 1 % .*\n$/),
  ]);
});

test.each([40, 60, 80, 100])('no line is wider than %i columns', (columns) => {
  const { written, progress, wait } = recorded(true, columns);
  const long = { what: 'moving', total: 1_024, unit: 'buckets (318,000,000 rows)' };
  for (const done of [0, 1, 500, 1_024]) {
    progress.tell({ ...long, done });
    wait(60_000);
  }
  progress.say('a shard with a name that is quite long was asked for what it has, and has not answered yet');
  progress.doing('comparing what was moved with its source, and some more that takes a while');
  wait(2_000);
  progress.beat();
  progress.close();
  const lines = written.flatMap((text) => text.replaceAll('\r\u001B[K', '').split('\n'));
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(columns);
});

test('what lasts is told within a second, with its time, and is gone when something else is said', () => {
  const { written, progress, wait } = recorded(true);
  progress.doing('asking the shards');
  wait(500);
  progress.beat();
  expect(written).toEqual([]);
  wait(300);
  progress.beat();
  wait(1_000);
  progress.beat();
  progress.beat();
  progress.close();
  expect(written.join('')).toBe(
    '\r\u001B[Kasking the shards … 1 s\r\u001B[Kasking the shards … 2 s\r\u001B[K',
  );
});
