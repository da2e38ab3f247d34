import type { RowDataPacket } from 'mysql2/promise';
import type { Checked } from './check.ts';
import { placedRows } from './placed-rows.ts';

/** Each order that was acknowledged is there once under its key, and no other. */
export async function checkOrders(checked: Checked): Promise<void> {
  const { journal, findings } = checked;
  const seen = new Map<string, number>();
  for (const { own_key: key, number } of await placedRows<{ own_key: string }>(
    checked,
    'own_orders',
    'own_key',
  )) {
    seen.set(key, (seen.get(key) ?? 0) + 1);
    const told = journal.orders.get(key);
    if (told === undefined && !journal.unknownOrders.has(key))
      findings.add('duplicated', `order ${key}`, `${number}: nobody was told of it`);
    else if (told !== undefined && told !== BigInt(number))
      findings.add('duplicated', `order ${key}`, `is ${number}, told was ${told}`);
  }
  for (const [key, number] of journal.orders) {
    const count = seen.get(key) ?? 0;
    if (count === 0) findings.add('lost', `order ${key}`, `${number} was acknowledged, and is not there`);
    if (count > 1) findings.add('duplicated', `order ${key}`, `is there ${count} times`);
  }
}

/** Each order's key is there once, on the shard that owns keys of its bucket and generation. */
export async function checkKeys({ connections, owners, journal, findings }: Checked): Promise<void> {
  const seen = new Map<string, number>();
  for (const [shard, connection] of connections.entries()) {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT own_key, key_generation, bucket, number FROM own_keys',
    );
    for (const row of rows) {
      const key = String(row['own_key']);
      const bucket = Number(row['bucket']);
      seen.set(key, (seen.get(key) ?? 0) + 1);
      const owner = owners.ofKey(bucket, Number(row['key_generation']));
      if (owner !== shard) findings.add('mismatched', `key ${key}`, `on shard ${shard}, owned by ${owner}`);
      if (bucket !== owners.bucketOf(key))
        findings.add('mismatched', `key ${key}`, `carries bucket ${bucket}`);
      const told = journal.orders.get(key);
      if (told !== undefined && told !== BigInt(String(row['number'])))
        findings.add('mismatched', `key ${key}`, `stands for ${String(row['number'])}, told was ${told}`);
    }
  }
  for (const key of journal.orders.keys()) {
    const count = seen.get(key) ?? 0;
    if (count !== 1)
      findings.add(count === 0 ? 'lost' : 'duplicated', `key ${key}`, `is there ${count} times`);
  }
}
