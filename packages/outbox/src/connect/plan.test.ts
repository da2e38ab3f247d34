import { describe, expect, test } from '@jest/globals';
import type { EngineRow } from '../sql/read-engines.ts';
import { TableEngineError } from './errors.ts';
import { changedKeys, checkClaim, withoutSecrets } from './plan.ts';

const group = { shard: 0, name: 'c', tables: ['outbox_orders_0'] };
const row: EngineRow = {
  table: 'outbox_orders_0',
  engine: 'embedded',
  connector: null,
  handback: null,
  holder: 'r',
  held: false,
  settledId: 0n,
  gaps: '[]',
};

describe('a connector may publish a table', () => {
  test.each<[string, Partial<EngineRow>, boolean]>([
    ['that nobody holds', {}, false],
    ['that a relay holds, to be taken over', { held: true }, true],
    ['that is its own', { engine: 'connect', connector: 'c' }, false],
    ['that is its own while the last lease runs', { engine: 'connect', connector: 'c', held: true }, false],
  ])('%s', (_, change, takeOver) => {
    expect(() => checkClaim(group, [{ ...row, ...change }], takeOver)).not.toThrow();
  });

  test.each<[string, Partial<EngineRow>, boolean]>([
    ['that a relay holds', { held: true }, false],
    ['of another connector', { engine: 'connect', connector: 'd' }, true],
    ['that is being given back', { engine: 'connect', connector: 'c', handback: '{}' }, true],
  ])('but none %s', (_, change, takeOver) => {
    expect(() => checkClaim(group, [{ ...row, ...change }], takeOver)).toThrow(TableEngineError);
  });
});

test('changes are named, added and removed ones too', () => {
  expect(changedKeys({ a: '1', b: '2', c: '3' }, { a: '1', b: '5', d: '4' })).toEqual(['b', 'c', 'd']);
});

test('secrets are not shown', () => {
  expect(
    withoutSecrets({ 'database.password': 'x', 'producer.override.sasl.jaas.config': 'y', a: 'z' }),
  ).toEqual({ 'database.password': '***', 'producer.override.sasl.jaas.config': '***', a: 'z' });
});
