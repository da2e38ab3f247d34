import { expect, test } from '@jest/globals';
import { initialMap, nextMap } from '@ordershard/shard-router';
import { Findings } from '../findings.ts';
import { bucketOf } from '../murmur.ts';
import { Assignments } from './assignments.ts';
import { checkReads } from './check-day.ts';
import { Journal } from './journal.ts';
import type { Told } from './messages.ts';

const NOTHING: Told = { orders: [], reads: [], refused: [], again: {}, version: 1 };
const ORDER = { key: 'p-1', number: '42', version: 1, status: 'created', total: '5', atMs: 0 };

test('two orders of one key, an order of two keys and a refusal that may not be are found', () => {
  const findings = new Findings();
  const journal = new Journal(findings);
  journal.note({ ...NOTHING, orders: [ORDER, ORDER] });
  journal.note({ ...NOTHING, orders: [{ ...ORDER, version: 2, status: 'cancelled' }] });
  const refusal = { subject: 'p-9', code: 'SLOW', message: 'too slow' };
  journal.note({ ...NOTHING, refused: [refusal] }, ['SLOW']);
  expect(findings.all()).toEqual([]);
  expect(journal.orders.get('42')).toMatchObject({ version: 2, status: 'cancelled' });

  journal.note({ ...NOTHING, orders: [{ ...ORDER, number: '43' }], refused: [refusal] });
  journal.note({ ...NOTHING, orders: [{ ...ORDER, key: 'p-2' }] });
  expect(findings.all().map(({ kind }) => kind)).toEqual(['duplicated', 'lost', 'mismatched']);
});

test('an epoch that has other owners than it began with is found, and an order that is read elsewhere or not at all', () => {
  const findings = new Findings();
  const assignments = new Assignments(findings);
  const map = initialMap('c', 4, [0, 1]);
  assignments.note(map);
  const owner = bucketOf('42', 4) % 2;
  expect(assignments.ownerOf('42')).toBe(owner);
  const later = nextMap({ ...map, epochs: [...map.epochs, { from: '42', owners: [2, 2, 2, 2] }] }, map);
  assignments.note(later);
  expect([assignments.ownerOf('41'), assignments.ownerOf('42')]).toEqual([bucketOf('41', 4) % 2, 2]);

  const journal = new Journal(findings);
  journal.note({ ...NOTHING, orders: [ORDER] });
  const expected = { journal, assignments, findings, oldest: 0 };
  const read = { number: '42', shard: 2, version: 1, status: 'created', total: '5' };
  checkReads(['42'], [read], 'it', expected);
  expect(findings.all()).toEqual([]);
  checkReads(['42'], [{ ...read, shard: 1 }], 'it', expected);
  checkReads(['42'], [], 'it', expected);
  assignments.note(nextMap({ ...map, epochs: [{ from: '0', owners: [1, 1, 1, 1] }] }, map));
  expect(findings.all().map(({ kind }) => kind)).toEqual(['mismatched', 'lost', 'mismatched', 'mismatched']);
});
