import { describe, expect, test } from '@jest/globals';
import type { WriteTarget } from '../fence/write-target.ts';
import { PendingUnit } from './pending-unit.ts';
import { sql, type StatementLike } from './statement.ts';
import { Suspects, wantedAt } from './suspects.ts';
import { unitText } from './unit.ts';

const unit = (target: WriteTarget, ...statements: [StatementLike, ...StatementLike[]]) =>
  new PendingUnit(
    {
      target,
      scope: { bucket: 1, keyBucket: undefined, keyGeneration: 0 },
      history: { doubt: false, stoodBehind: false },
      caller: undefined,
      deadline: Infinity,
      single: false,
    },
    unitText({ statements }),
  );

const count = (number: bigint, id: number, by = 1) =>
  unit({ number }, sql`UPDATE counters SET n = n + ${by}, said = ' WHERE id = 2' WHERE id = ${id}`);

describe('what a unit waits for', () => {
  test('are the rows of its statement, by table and condition, whatever it sets and however it is written', () => {
    const wanted = wantedAt(count(1n, 7), 0);
    expect(wanted).toBe('counters  WHERE id = 7');
    expect(wantedAt(count(2n, 7, 5), 0)).toBe(wanted);
    expect(
      wantedAt(
        unit(
          { number: 1n },
          sql`DELETE FROM \`counters\` -- all of it
      WHERE id = ${7}`,
        ),
        0,
      ),
    ).toBe(wanted);
    expect(wantedAt(count(1n, 8), 0)).not.toBe(wanted);
  });

  test('is its number, or its key, where its rows cannot be told', () => {
    const insert = sql`INSERT INTO t (a) VALUES (1)`;
    expect(wantedAt(unit({ number: 5n, key: 'k' }, insert), 0)).toBe(5n);
    expect(wantedAt(unit({ key: 'k' }, insert), 0)).toBe(' k');
    expect(wantedAt(unit({ number: 5n }, sql`UPDATE t, u SET a = 1 WHERE t.id = u.id`), 0)).toBe(5n);
  });
});

describe('suspects', () => {
  test('are those that want what another has waited for, until two seconds after the last wait', () => {
    const suspects = new Suspects();
    const first = count(1n, 7);
    expect(suspects.find(first, 0)).toBeUndefined();
    suspects.add(first, wantedAt(first, 0), 1_000);
    expect(suspects.find(count(2n, 8), 1_000)).toBeUndefined();
    const group = suspects.find(count(2n, 7), 1_000)!;
    expect(suspects.next()).toBe(group);
    expect(group.units.take({ units: 10, length: 1_000 })).toEqual([first]);
    expect([suspects.size, suspects.next()]).toEqual([0, undefined]);
    expect(suspects.find(count(2n, 7), 2_999)).toBe(group);
    expect(suspects.find(count(2n, 7), 3_501)).toBeUndefined();
  });

  test('are tried group by group', () => {
    const suspects = new Suspects();
    for (const id of [1, 2, 1]) {
      const one = count(BigInt(id), id);
      suspects.add(one, wantedAt(one, 0), 0);
    }
    const [one, other, again] = [suspects.next()!, suspects.next()!, suspects.next()!];
    expect([one.units.size, other.units.size, again === one]).toEqual([2, 1, true]);
    one.underWay = true;
    expect(suspects.next()).toBe(other);
    other.underWay = true;
    expect([suspects.next(), suspects.waitsForTurn()]).toEqual([undefined, false]);
    expect(suspects.drain()).toHaveLength(3);
  });
});
