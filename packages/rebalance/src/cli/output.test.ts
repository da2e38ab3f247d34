import { expect, test } from '@jest/globals';
import { printedText } from './output.ts';

const printed = {
  facts: { version: 7, cluster: 'shop' },
  rows: [
    { shard: 0, rows: 1_234_567n, state: 'up' },
    { shard: 12, rows: 8n, state: null },
  ],
  remarks: ['That is all.'],
};

test('a table is aligned, with numbers at the right and what is missing as a dash', () => {
  expect(printedText(printed, 'table')).toBe(
    `version  7
cluster  shop

shard       rows  state
    0  1,234,567  up
   12          8  -

That is all.
`,
  );
});

test('JSON is one document on one line, with big integers as text', () => {
  expect(printedText(printed, 'json')).toBe(
    '{"version":7,"cluster":"shop","rows":[{"shard":0,"rows":"1234567","state":"up"},{"shard":12,"rows":"8","state":null}]}\n',
  );
});

test('a list without rows says so', () => {
  expect(printedText({ rows: [], none: 'nothing moves' }, 'table')).toBe('nothing moves\n');
  expect(printedText({ rows: [], none: 'nothing moves' }, 'json')).toBe('{"rows":[]}\n');
});

test('what is wider than the terminal is wrapped inside its columns, at words', () => {
  const rows = [
    {
      plan: '1d132d24',
      step: 'moved',
      buckets: 1_024,
      why: 'two shards more for the holidays',
      at: '2026-11-26 13:13:51 UTC',
    },
    { plan: 'a0b1c2d3', step: 'cleaned', buckets: 42, why: null, at: '2026-11-25 09:01:07 UTC' },
  ];
  const text = printedText({ rows, remarks: ['a remark '.repeat(12)] }, 'table', 60);
  expect(text).toBe(`plan      step     buckets  why               at
1d132d24  moved      1,024  two shards more   2026-11-26
                            for the holidays  13:13:51 UTC
a0b1c2d3  cleaned       42  -                 2026-11-25
                                              09:01:07 UTC

a remark a remark a remark a remark a remark a remark a
remark a remark a remark a remark a remark a remark
`);
});

test('where that does not do, each row is a list, and its ids stay whole', () => {
  const id = '1d132d24-c836-42ae-8ea2-0b784cbf5bde';
  const rows = [
    { plan: id, number: '240129874390089728', from: 'host.example.org', what: 'some words that are long' },
    { plan: id, number: '1', from: undefined, what: null },
  ];
  expect(printedText({ rows }, 'table', 50)).toBe(`plan    ${id}
number  240129874390089728
from    host.example.org
what    some words that are long

plan    ${id}
number  1
what    -
`);
});

test('no text of a table or of JSON moves the cursor of a terminal', () => {
  const bad = 'a\u001B[2J\nb\u009B\u202E';
  const shown = { facts: { bad }, rows: [{ bad }], remarks: [bad] };
  for (const format of ['table', 'json'] as const)
    expect(printedText(shown, format)).not.toMatch(/[^\P{C}\n]/u);
  expect(JSON.parse(printedText(shown, 'json'))).toEqual({ bad, rows: [{ bad }] });
});
