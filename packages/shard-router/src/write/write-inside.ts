import { DuplicateRowError, UnitConditionError } from '../errors.ts';
import type { ShardTransaction } from '../fence/shard-transaction.ts';
import type { WriteOutcome } from './pending-unit.ts';
import { type UnitOf, unitStatements } from './unit.ts';

/**
 * Writes a unit as a part of an open transaction of its target, by the rules that it has outside of one: the same texts,
 * checked before anything is sent, and the same outcomes.
 */
export async function writeInside<Row>(tx: ShardTransaction, unit: UnitOf<Row>): Promise<WriteOutcome<Row>> {
  const { bucket, keyBucket, keyGeneration, shard } = tx;
  const { guard, statements, already, alone } = unitStatements(unit({ bucket, keyBucket, keyGeneration }));
  const look = async (): Promise<WriteOutcome<Row> | undefined> => {
    const [row] = already === undefined ? [] : await tx.query<Row>(already);
    return row === undefined ? undefined : { applied: false, shard, row };
  };
  // Look first: after a refused statement, the statements before it could not be rolled back alone.
  const before = await look();
  if (before !== undefined) return before;
  if (alone) await tx.execute('SET last_insert_id = 0');
  const affectedRows: number[] = [];
  if (guard !== undefined) {
    const { affectedRows: rows } = await tx.execute(guard);
    if (rows === 0) {
      const found = await look();
      if (found !== undefined) return found;
      throw new UnitConditionError('the guard of the unit found no row to change');
    }
    affectedRows.push(rows);
  }
  for (const statement of statements) {
    try {
      affectedRows.push((await tx.execute(statement)).affectedRows);
    } catch (error) {
      // Nothing of the unit is written yet, so it can still turn out to be unnecessary.
      const found =
        error instanceof DuplicateRowError && affectedRows.length === 0 ? await look() : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }
  return { applied: true, shard, affectedRows };
}
