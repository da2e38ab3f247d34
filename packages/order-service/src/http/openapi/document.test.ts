import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { OPERATIONS } from '../operations/operations.ts';
import { PROBLEMS } from '../problem.ts';
import { generatedFiles, type OpenApi } from './generated.fixture.ts';
import { openApiDocument } from './document.ts';

const GUIDE = new URL('../../../../../docs/api.md', import.meta.url);
const document = openApiDocument() as OpenApi;

test.each(generatedFiles().map(({ path, url, text }) => [path, url, text] as const))(
  '%s is what the code says: npm run api-docs -- --write',
  (_, url, text) => expect(readFileSync(url, 'utf8')).toBe(text),
);

test('each operation is there once, under an id of its own', () => {
  expect(OPERATIONS.length).toBeGreaterThan(20);
  expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  expect(new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`)).size).toBe(OPERATIONS.length);
  expect(Object.values(document.paths).flatMap((methods) => Object.values(methods))).toHaveLength(
    OPERATIONS.length,
  );
});

test('every reference leads to a schema', () => {
  const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref!);
  expect(names.length).toBeGreaterThan(50);
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

test('amounts are 64-bit integers, numbers of orders are text', () => {
  const { Order } = document.components.schemas;
  expect(Order?.properties?.['total']).toEqual({ type: 'integer', format: 'int64', minimum: 0 });
  expect(document.components.schemas['OrderNumber']).toMatchObject({ type: 'string' });
});

describe('the guide', () => {
  const rows = [...readFileSync(GUIDE, 'utf8').matchAll(/^\| `([a-z-]+)` *\| (\d{3}) *\| *(\S.*?) *\|$/gm)];

  test('has every problem with its status, and no other', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(Object.fromEntries(rows.map(([, name, status]) => [name, Number(status)]))).toEqual(
      Object.fromEntries(Object.entries(PROBLEMS).map(([name, { status }]) => [name, status])),
    );
  });
});
