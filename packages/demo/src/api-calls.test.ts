import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { API_CALLS } from './api-calls.ts';

test('the README has the calls that --keep prints, each in its place', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  let from = 0;
  for (const call of API_CALLS.split('\n\n')) {
    const at = readme.indexOf(`\n${call}\n`, from);
    expect([call, at > 0]).toEqual([call, true]);
    from = at;
  }
});
