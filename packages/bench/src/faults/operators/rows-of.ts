import type { RowDataPacket } from 'mysql2';
import { withPlain } from '../connect.ts';
import { Ownership } from '../write/check/ownership.ts';

/** The versions of all orders as their owners have them, and who that is. */
export function versionsOfOwners(
  urls: readonly string[],
): Promise<{ readonly versions: ReadonlyMap<string, number>; readonly ownership: Ownership }> {
  return withPlain(urls, async (connections) => {
    const ownership = await Ownership.read(connections);
    const versions = new Map<string, number>();
    for (const [shard, connection] of connections.entries()) {
      const [rows] = await connection.query<RowDataPacket[]>('SELECT number, version FROM orders');
      for (const { number, version } of rows as { number: string; version: number }[])
        if (ownership.ofNumber(number) === shard) versions.set(number, version);
    }
    return { versions, ownership };
  });
}
