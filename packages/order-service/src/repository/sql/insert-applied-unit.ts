import type { ShardTransaction } from '@ordershard/shard-router';

/** Inserts a unit of work that the transaction applies to its order. Locks the new row only. */
export async function insertAppliedUnit(
  tx: ShardTransaction,
  unit: { readonly id: Buffer; readonly hash: Buffer },
  result: string,
): Promise<void> {
  await tx.execute(
    `INSERT INTO applied_units (number, unit_id, bucket, unit_hash, outcome, result, applied_at)
     VALUES (?, ?, ?, ?, 'applied', ?, UTC_TIMESTAMP(3))`,
    [tx.number, unit.id, tx.bucket, unit.hash, result],
  );
}
