import { expect, test } from '@jest/globals';
import { parseProcStat } from './identity.ts';

test('a command name with blanks and brackets does not shift the fields', () => {
  const rest = Array.from({ length: 49 }, (_, index) => String(index + 4)).join(' ');
  expect(parseProcStat(`12 (a) b) (c) S ${rest}`)).toEqual({ state: 'S', startTick: '22' });
});
