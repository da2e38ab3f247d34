import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

// Reads sources as text: nothing of the other packages is imported.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CATALOGUE = join(ROOT, 'docs/errors.md');

interface Entry {
  readonly package: string;
  readonly name: string;
  readonly code: string;
  readonly retryable: boolean;
}

interface ErrorClass {
  readonly name: string;
  readonly base: string;
  readonly code: string | undefined;
  readonly retryable: boolean | undefined;
}

/** The classes of a source, with the code and `retryable` that stand in each. */
function classesIn(source: string): ErrorClass[] {
  const heads = [...source.matchAll(/^(?:export )?(?:abstract )?class (\w+) extends (\w+)[^{]*\{/gm)];
  return heads.map((head, index) => {
    const body = source.slice(head.index, heads[index + 1]?.index);
    const retryable = /\bretryable(?:: boolean)? = (true|false)/.exec(body)?.[1];
    return {
      name: head[1]!,
      base: head[2]!,
      code: /\bcode(?:: string)? = '([^']+)'/.exec(body)?.[1],
      retryable: retryable === undefined ? undefined : retryable === 'true',
    };
  });
}

/** Every error class with a code in the published packages. */
function classes(): Entry[] {
  const manifests = globSync('packages/*/package.json', { cwd: ROOT }).map((path) => ({
    folder: join(path, '..'),
    ...(JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as { name: string; private?: boolean }),
  }));
  return manifests
    .filter((manifest) => manifest.private !== true)
    .flatMap(({ folder, name: from }) => {
      const sources = globSync(`${folder}/src/**/*.ts`, { cwd: ROOT }).filter(
        (path) => !path.endsWith('.test.ts'),
      );
      const found = sources.flatMap((path) => classesIn(readFileSync(join(ROOT, path), 'utf8')));
      const retryableOf = (each: ErrorClass | undefined): boolean | undefined =>
        each?.retryable ?? (each && retryableOf(found.find(({ name }) => name === each.base)));
      return found.flatMap((each) =>
        each.code === undefined
          ? []
          : [{ package: from, name: each.name, code: each.code, retryable: retryableOf(each) === true }],
      );
    });
}

/** Every row of the catalogue. */
function entries(): Entry[] {
  return readFileSync(CATALOGUE, 'utf8')
    .split(/^## /m)
    .slice(1)
    .flatMap((section) =>
      [...section.matchAll(/^\| `([^`]+)` *\| `(\w+)` *\| (yes|no) *\| *(\S.*?) *\| *(\S.*?) *\|$/gm)].map(
        (row) => ({
          package: section.split('\n')[0]!.trim(),
          code: row[1]!,
          name: row[2]!,
          retryable: row[3] === 'yes',
        }),
      ),
    );
}

const inOrder = (list: readonly Entry[]) => list.toSorted((a, b) => a.code.localeCompare(b.code));

test('every error class is in the catalogue, and every entry of the catalogue is a class', () => {
  expect(classes().length).toBeGreaterThan(30);
  expect(inOrder(entries())).toEqual(inOrder(classes()));
});

test('no code stands for two classes', () => {
  const codes = classes().map(({ code }) => code);
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});

test('every row of the catalogue was read', () => {
  const rows = readFileSync(CATALOGUE, 'utf8').match(/^\| `/gm) ?? [];
  expect(entries()).toHaveLength(rows.length);
});
