import { expect, test } from '@jest/globals';
import { newPass } from './progress.ts';
import { exitCodeOf, progressText } from './report.ts';

test('a progress line tells share, rate of this run and time left', () => {
  expect(progressText('verify', 500, 2_000, 300, 1_000)).toBe(
    'verify [#####...............] 25 % 500/2000 300/s, 5 s left',
  );
  expect(progressText('verify', 0, 0, 0, 0)).toContain('100 % 0/0 0/s, ? left');
});

test.each([
  [0, {}],
  [0, { expired: 7, checked: 9 }],
  [3, { extra: 1 }],
  [3, { stale: 1, repaired: 1 }],
  [4, { unsettled: 1 }],
  [3, { unsettled: 1, changed: 1 }],
])('exit code %i', (code, counts) => {
  const pass = newPass('verify x');
  expect(exitCodeOf({ ...pass, counts: { ...pass.counts, ...counts } })).toBe(code);
});
