import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { KINDS as FOREIGN } from '../foreign/kinds.ts';
import { BUGS as BUGS_OF_FOREIGN } from '../foreign/planted/bugs.ts';
import { KINDS as MISUSE } from '../misuse/kinds.ts';
import { BUGS as BUGS_OF_MISUSE } from '../misuse/planted/bugs.ts';
import { KINDS as OPERATORS } from '../operators/kinds.ts';
import { BUGS as BUGS_OF_OPERATORS } from '../operators/planted/bugs.ts';
import { type Bug, type Bugs, patched } from './bug.ts';

const RUNS: readonly (readonly [string, Bugs, readonly { readonly name: string }[]])[] = [
  ['foreign', BUGS_OF_FOREIGN, FOREIGN],
  ['misuse', BUGS_OF_MISUSE, MISUSE],
  ['operators', BUGS_OF_OPERATORS, OPERATORS],
];
const ALL = RUNS.flatMap(([run, bugs, kinds]) =>
  Object.entries(bugs).map(([name, bug]): [string, Bug, readonly string[]] => [
    `${run}: ${name}`,
    bug,
    kinds.map((kind) => kind.name),
  ]),
);

describe.each(ALL)('the bug of %s', (_, { patches, foundBy }, kinds) => {
  test('can be planted in the product as it is', () => {
    for (const [file, mine] of Map.groupBy(patches, (patch) => patch.file)) {
      const source = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
      expect(patched(source, mine)).not.toBe(source);
    }
  });

  test('is found by kinds that there are', () => {
    expect(kinds).toEqual(expect.arrayContaining([...foundBy]));
  });
});
