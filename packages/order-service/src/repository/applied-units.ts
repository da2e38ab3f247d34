import type { OrderTables } from '@ordershard/order-rows';
import type { Statement } from '@ordershard/shard-router';
import { KeyReusedError } from './errors.ts';
import { insertAppliedUnit } from './sql/insert-applied-unit.ts';
import type { AppliedUnitRow } from './sql/select-applied-unit.ts';

/** A unit of work on one order. The caller may ask for it again under the same id. */
export interface Unit {
  /** 16 bytes. */
  readonly id: Buffer;
  /** SHA-256 of the request. */
  readonly hash: Buffer;
}

/** What is stored of an applied unit. Together with the order's history it is enough to repeat the unit's answer. */
interface UnitResult {
  readonly version: number;
}

/** Returns the version that a unit gave its order. Throws {@link KeyReusedError} when the id belongs to another request. */
export function appliedVersion(unit: Unit, row: AppliedUnitRow): number {
  if (!row.unit_hash.equals(unit.hash) || row.result === null) throw new KeyReusedError();
  return (JSON.parse(row.result) as UnitResult).version;
}

/** Returns the statement that records a unit which gives its order `version`, in the units table of `tables`. */
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
