import type { OrderTables } from '@ordershard/order-rows';
import type { Statement } from '@ordershard/shard-router';
import { KeyReusedError } from './errors.ts';
import { insertAppliedUnit } from './sql/insert-applied-unit.ts';
import type { AppliedUnitRow } from './sql/select-applied-unit.ts';

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

/** The version that a unit gave its order. Throws {@link KeyReusedError} when the id stands for another request. */
export function appliedVersion(unit: Unit, row: AppliedUnitRow): number {
  if (!row.unit_hash.equals(unit.hash) || row.result === null) throw new KeyReusedError();
  return (JSON.parse(row.result) as UnitResult).version;
}

/** The statement that notes a unit which gives its order `version`, beside where its rows lie. */
export function appliedUnit(
  number: bigint,
  bucket: number,
  unit: Unit,
  version: number,
  tables: OrderTables,
): Statement {
  const result: UnitResult = { version };
  return insertAppliedUnit(number, bucket, unit, JSON.stringify(result), tables);
}
