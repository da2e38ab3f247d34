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
