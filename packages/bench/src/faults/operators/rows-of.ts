import type { RowDataPacket } from 'mysql2';
import { connectPlain, withPlain } from '../connect.ts';
import { OUTBOX_TABLES } from '../write/check/check.ts';
import { Ownership } from '../write/check/ownership.ts';

/** Numbers that are asked for at once. */
const PAGE = 1_000;

/** Who owns what now, as the fences say. */
export function ownershipOf(urls: readonly string[]): Promise<Ownership> {
  return withPlain(urls, (connections) => Ownership.read(connections));
}

/** The versions of some orders on the shards that own them, without the orders that are not there. */
export function versionsOfOwners(
  urls: readonly string[],
  numbers: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return withPlain(urls, async (connections) => {
    const ownership = await Ownership.read(connections);
    const versions = new Map<string, number>();
    for (const [shard, connection] of connections.entries()) {
      const own = numbers.filter((number) => ownership.ofNumber(number) === shard);
      for (let at = 0; at < own.length; at += PAGE) {
        const some = own.slice(at, at + PAGE).map((number) => BigInt(number));
        const [rows] = await connection.query<RowDataPacket[]>(
          'SELECT number, version FROM orders WHERE number IN (?)',
          [some],
        );
        for (const { number, version } of rows as { number: string; version: number }[])
          versions.set(number, version);
      }
    }
    return versions;
  });
}

/** The highest id of each outbox table of a shard. */
export async function newestOutboxIds(url: string): Promise<ReadonlyMap<string, bigint>> {
  return withPlain([url], async ([connection]) => {
    const newest = new Map<string, bigint>();
    for (const table of OUTBOX_TABLES) {
      const [[row]] = await connection!.query<RowDataPacket[]>(
        `SELECT COALESCE(MAX(id), 0) AS id FROM ${table}`,
      );
      newest.set(table, BigInt(row!['id'] as string));
    }
    return newest;
  });
}

/** The lowest id of each outbox table of a shard that is above another; tables that have none are left out. */
export async function firstOutboxIdsAbove(
  url: string,
  above: ReadonlyMap<string, bigint>,
): Promise<ReadonlyMap<string, bigint>> {
  const connection = await connectPlain(url);
  try {
    const first = new Map<string, bigint>();
    for (const [table, id] of above) {
      const [[row]] = await connection.query<RowDataPacket[]>(
        `SELECT MIN(id) AS id FROM ${table} WHERE id > ?`,
        [id],
      );
      if (row!['id'] !== null) first.set(table, BigInt(row!['id'] as string));
    }
    return first;
  } finally {
    await connection.end();
  }
}
