import { BY_DAY, type OrderTables } from '@ordershard/order-rows';
import type { Statement } from '@ordershard/shard-router';

/** The INSERT of a unit of work that is applied to an order. Locks the new row only. */
export function insertAppliedUnit(
  number: bigint,
  bucket: number,
  unit: { readonly id: Buffer; readonly hash: Buffer },
  result: string,
  { units }: OrderTables = BY_DAY,
): Statement {
  return {
    sql: `INSERT INTO ${units} (number, unit_id, bucket, unit_hash, outcome, result, applied_at)
          VALUES (?, ?, ?, ?, 'applied', ?, UTC_TIMESTAMP(3))`,
    values: [number, unit.id, bucket, unit.hash, result],
  };
}
