import type { PoolConnection, RowDataPacket } from 'mysql2';
import { ShardUnavailableError } from '../errors.ts';
import type { BucketFence, KeyFence } from '../fence/fence.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented, type ObservedPool } from '../observe/telemetry.ts';

/** What `ordershard_open_merged` answers when a fence does not let a unit pass. Nothing is open then. */
const REFUSED = 20_001;

/** Whether a merged transaction was refused by a fence. */
export function isRefusedByFence(error: unknown): boolean {
  return (error as { readonly errno?: number }).errno === REFUSED;
}

/**
 * Sends a text of one or more statements. When it is not answered in time the connection is destroyed: the server may
 * still be at it.
 */
export function sendText(
  connection: PoolConnection,
  pool: ObservedPool,
  sql: string,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = observeStatement<[result?: unknown]>(pool, sql, (error, result) => {
      clearTimeout(timer);
      if (error === null) resolve(result);
      else reject(error as Error);
    });
    const timer = setTimeout(() => {
      connection.destroy();
      done(new ShardUnavailableError(pool.shard, `the server did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    // With null, and not undefined, for values the driver does not look for their places.
    connection.query({ sql: commented(pool, sql), values: null }, done);
  });
}

/** The fences of some units, as they are now. */
export interface MergedFences {
  /** By number, as decimal text; locked ones are missing. */
  readonly byNumber: ReadonlyMap<string, BucketFence>;
  /** By bucket of keys, each in the order of generations. */
  readonly byKeyBucket: ReadonlyMap<number, readonly KeyFence[]>;
}

/** Reads the fences of units under shared locks, which are given back at once; locked rows are skipped. */
export async function readMergedFences(
  connection: PoolConnection,
  pool: ObservedPool,
  { numbers, keyBuckets }: { readonly numbers: string; readonly keyBuckets: string },
  timeoutMs: number,
): Promise<MergedFences> {
  const sql = `CALL ordershard_merged_fences(${numbers}, ${keyBuckets})`;
  const [fences, keyFences] = (await sendText(connection, pool, sql, timeoutMs)) as [
    readonly (RowDataPacket & BucketFence & { readonly number: string })[],
    readonly (RowDataPacket & KeyFence & { readonly bucket: number })[],
  ];
  return {
    byNumber: new Map(fences.map((fence) => [fence.number, fence])),
    byKeyBucket: Map.groupBy(keyFences, ({ bucket }) => bucket),
  };
}

/** The longest text that the server takes in one piece, bytes. */
export async function readMaxPacket(
  connection: PoolConnection,
  pool: ObservedPool,
  timeoutMs: number,
): Promise<number> {
  const [row] = (await sendText(
    connection,
    pool,
    'SELECT @@max_allowed_packet AS bytes',
    timeoutMs,
  )) as RowDataPacket[];
  return Number(row!['bytes']);
}
