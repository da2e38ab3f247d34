import type { Statement } from '@ordershard/shard-router';

export interface AppliedUnitRow {
  readonly unit_hash: Buffer;
  readonly result: string | null;
}

/**
 * Selects a unit that was applied to an order, whichever tables hold the order's rows by now. By primary key, in one
 * partition and one unpartitioned table, without a lock.
 */
export function selectAppliedUnit(number: bigint, unitId: Buffer): Statement<AppliedUnitRow> {
  return {
    sql: `SELECT unit_hash, result FROM applied_units WHERE number = ? AND unit_id = ? AND outcome = 'applied'
           UNION ALL
          SELECT unit_hash, result FROM applied_units_carried WHERE number = ? AND unit_id = ? AND outcome = 'applied'`,
    values: [number, unitId, number, unitId],
  };
}
