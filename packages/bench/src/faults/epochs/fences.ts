import type { RowDataPacket } from 'mysql2/promise';
import { withPlain } from '../connect.ts';
import type { Findings } from '../findings.ts';

/** All fences of the shards as text, as they matter: equal texts are equal fences. */
export function fencesText(urls: readonly string[]): Promise<string> {
  return withPlain(urls, async (connections) => {
    const all = await Promise.all(
      connections.map(async (connection) => {
        const [rows] = await connection.query<RowDataPacket[]>(
          `SELECT bucket, range_from, range_to, state, next_owner, writable_from, readable_from FROM bucket_fences
            UNION ALL SELECT bucket, range_from, range_to, state, next_owner, key_generation, -1 FROM key_fences
            ORDER BY 1, 2, 7`,
        );
        return rows;
      }),
    );
    return JSON.stringify(all);
  });
}

/** Looks whether every bucket has just one shard on which a number, and a key with it, can be written. */
export async function checkOpen(
  urls: readonly string[],
  number: bigint,
  when: string,
  findings: Findings,
): Promise<void> {
  await withPlain(urls, async (connections) => {
    const [identity] = await connections[0]!.query<RowDataPacket[]>(
      'SELECT bucket_count FROM shard_identity',
    );
    const buckets = Number(identity[0]!['bucket_count']);
    for (const [what, also] of [
      ['bucket_fences', ' AND writable_from <= ?'],
      ['key_fences', ''],
    ] as const) {
      const owners = new Map<number, number>();
      for (const connection of connections) {
        const [rows] = await connection.query<RowDataPacket[]>(
          `SELECT bucket FROM ${what} WHERE range_from <= ? AND range_to > ? AND state = 'owned'${also}`,
          also === '' ? [String(number), String(number)] : [String(number), String(number), String(number)],
        );
        for (const { bucket } of rows) owners.set(Number(bucket), (owners.get(Number(bucket)) ?? 0) + 1);
      }
      const wrong = Array.from({ length: buckets }, (_, bucket) => bucket).filter(
        (bucket) => owners.get(bucket) !== 1,
      );
      if (wrong.length > 0)
        findings.add(
          'mismatched',
          when,
          `${what}: ${wrong.length} buckets have no owner, or two: ${wrong.slice(0, 5).join(', ')}`,
        );
    }
  });
}
