import type { Checked } from './check.ts';
import { placedRows } from './placed-rows.ts';

/** Each row of a wrong use must be there once, as its caller was answered, and no other row may be there. */
export async function checkUses(checked: Checked): Promise<void> {
  const { claims, findings } = checked;
  const rows = await placedRows<{ id: string; body: string }>(checked, 'uses', 'id, body');
  const byId = Map.groupBy(rows, ({ id }) => id);
  for (const [id, same] of byId)
    if (same.length > 1)
      findings.add('duplicated', id, `is on shards ${same.map(({ shard }) => shard).join(', ')}`);
  for (const claim of claims.all) claims.compare(claim, byId.get(claim.row.id) ?? []);
  const claimed = new Set(claims.all.map(({ row }) => row.id));
  for (const id of byId.keys()) if (!claimed.has(id)) findings.add('duplicated', id, 'nobody was told of it');
}
