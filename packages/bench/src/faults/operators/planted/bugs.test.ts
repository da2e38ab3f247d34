import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { patched } from '../../planted/bug.ts';
import { KINDS } from '../kinds.ts';
import { BUGS } from './bugs.ts';

describe.each(Object.entries(BUGS))('the bug %s', (_, { patches, foundBy }) => {
  test('can be planted in the product as it is', () => {
    for (const [file, mine] of Map.groupBy(patches, (patch) => patch.file)) {
      const source = readFileSync(new URL(`../../../../../${file}`, import.meta.url), 'utf8');
      expect(patched(source, mine)).not.toBe(source);
    }
  });

  test('is found by kinds that there are', () => {
    expect(KINDS.map(({ name }) => name)).toEqual(expect.arrayContaining([...foundBy]));
  });
});
