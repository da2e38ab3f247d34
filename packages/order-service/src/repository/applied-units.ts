import type { ShardTransaction } from '@ordershard/shard-router';
import { KeyReusedError } from './errors.ts';
import { insertAppliedUnit } from './sql/insert-applied-unit.ts';
import { selectAppliedUnit } from './sql/select-applied-unit.ts';

/** A unit of work on one order that may be asked for again under the same id. */
export interface Unit {
  /** 16 bytes. */
  readonly id: Buffer;
  /** SHA-256 of what is asked for. */
  readonly hash: Buffer;
}

/** What is kept of an applied unit: enough, with the order's history, to give its answer again. */
interface UnitResult {
  readonly version: number;
}

/**
 * The version that a unit gave its order; undefined when it was not applied. To be asked with the order locked, so that
 * of two at once the second sees the first. Throws {@link KeyReusedError} when the id stands for another request.
 */
export async function findUnit(tx: ShardTransaction, unit: Unit): Promise<number | undefined> {
  const row = await selectAppliedUnit(tx, unit.id);
  if (row === undefined) return undefined;
  if (!row.unit_hash.equals(unit.hash) || row.result === null) throw new KeyReusedError();
  return (JSON.parse(row.result) as UnitResult).version;
}

/** Notes that the transaction applies a unit, which gives its order `version`. */
export async function recordUnit(tx: ShardTransaction, unit: Unit, version: number): Promise<void> {
  const result: UnitResult = { version };
  await insertAppliedUnit(tx, unit, JSON.stringify(result));
}
