import type { ShardTransaction } from '@ordershard/shard-router';

export interface AppliedUnitRow {
  readonly unit_hash: Buffer;
  readonly result: string | null;
}

/** Reads a unit that was applied to the transaction's order. By primary key in one partition, without a lock. */
export async function selectAppliedUnit(
  tx: ShardTransaction,
  unitId: Buffer,
): Promise<AppliedUnitRow | undefined> {
  const [row] = await tx.query<AppliedUnitRow>(
    `SELECT unit_hash, result FROM applied_units WHERE number = ? AND unit_id = ? AND outcome = 'applied'`,
    [tx.number, unitId],
  );
  return row;
}
