import type { Statement } from '@ordershard/shard-router';

export interface AppliedUnitRow {
  readonly unit_hash: Buffer;
  readonly result: string | null;
}

/** Selects a unit that was applied to an order. By primary key in one partition, without a lock. */
export function selectAppliedUnit(number: bigint, unitId: Buffer): Statement<AppliedUnitRow> {
  return {
    sql: `SELECT unit_hash, result FROM applied_units WHERE number = ? AND unit_id = ? AND outcome = 'applied'`,
    values: [number, unitId],
  };
}
