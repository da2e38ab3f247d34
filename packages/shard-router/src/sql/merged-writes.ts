import type { PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2';
import type { BucketFence, KeyFence } from '../fence/fence.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented } from '../observe/telemetry.ts';
import { lateError } from '../pools/late.ts';
import { sendWithin, type SentIn } from '../pools/send-within.ts';

/** The error of `ordershard_open_merged` when a fence does not let a unit pass. No transaction is open then. */
const REFUSED = 20_001;

/** Whether a merged transaction was refused by a fence. */
export function isRefusedByFence(error: unknown): boolean {
  return (error as { readonly errno?: number }).errno === REFUSED;
}

/**
 * Sends a text of one or more statements. When it is not answered in time, the connection is destroyed, because the server
 * may still be running the text.
 */
export function sendText(
  connection: PoolConnection,
  pool: SentIn,
  sql: string,
  timeoutMs: number,
): Promise<unknown> {
  // With null, and not undefined, for values the driver does not look for their places.
  return sendWithin(connection, pool, { sql, values: null }, timeoutMs);
}

/** What a server has answered to a text of several statements. */
export interface TextAnswers {
  /** The answers to the statements that succeeded, in their order. If a statement has failed, it is the next one. */
  readonly answers: readonly ResultSetHeader[];
  /** Undefined when all were done. */
  readonly error: unknown;
  /** The longest time that a statement took but for the last one, or until it failed, milliseconds. */
  readonly longestGapMs: number;
}

/** What to call when a server stays at one statement of a text. */
export interface StallWatch {
  /** How often to check, milliseconds. */
  readonly everyMs: number;
  /** Called with the number of statements answered, and with the number of checks in a row without a new answer. */
  readonly stalled: (answered: number, looks: number) => void;
}

/**
 * Sends a text of several statements. Resolves with what the server has answered, also when a statement fails. When the text
 * is not answered to its end in time, the connection is destroyed.
 */
export function sendStatements(
  connection: PoolConnection,
  pool: SentIn,
  sql: string,
  timeoutMs: number,
  { everyMs, stalled }: StallWatch,
): Promise<TextAnswers> {
  return new Promise((resolve) => {
    const answers: ResultSetHeader[] = [];
    let answeredAt = performance.now();
    const lateAt = answeredAt + timeoutMs;
    let gap = 0;
    let longestGapMs = 0;
    let seen = -1;
    let looks = 0;
    let over = false;
    const done = observeStatement(pool, sql, (error) => {
      over = true;
      clearTimeout(timer);
      if (error !== null) longestGapMs = Math.max(longestGapMs, gap, performance.now() - answeredAt);
      resolve({ answers, error: error ?? undefined, longestGapMs });
    });
    const look = () => {
      if (over) return;
      if (performance.now() >= lateAt) {
        if (pool.abandon === undefined) connection.destroy();
        else pool.abandon(connection);
        done(pool.late?.(timeoutMs) ?? lateError(pool, timeoutMs));
        return;
      }
      looks = answers.length === seen ? looks + 1 : 0;
      seen = answers.length;
      if (looks > 0) stalled(seen, looks);
      timer = wait();
    };
    // Answers that have arrived in the meantime are read before the check.
    const wait = () => setTimeout(() => setImmediate(look), everyMs);
    let timer = wait();
    // With null, and not undefined, for values the driver does not look for their places.
    connection
      .query({ sql: commented(pool, sql), values: null }, (error) => done(error))
      .on('result', (answer: ResultSetHeader) => {
        const now = performance.now();
        longestGapMs = Math.max(longestGapMs, gap);
        gap = now - answeredAt;
        answeredAt = now;
        answers.push(answer);
      });
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
  pool: SentIn,
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

/** What is known of a session's server. */
export interface MergedSession {
  /** The longest text that it takes in one piece, bytes. It stays so for as long as the session lives. */
  readonly maxPacket: number;
  /** The id that the server knows the session by, which need not be the one that a proxy has greeted with. */
  readonly id: string;
}

/** Reads what a session's server is. */
export async function readMergedSession(
  connection: PoolConnection,
  pool: SentIn,
  timeoutMs: number,
): Promise<MergedSession> {
  const [row] = (await sendText(
    connection,
    pool,
    'SELECT @@max_allowed_packet AS bytes, CONNECTION_ID() AS id',
    timeoutMs,
  )) as RowDataPacket[];
  return { maxPacket: Number(row!['bytes']), id: String(row!['id']) };
}
