import type { BucketFence } from '../fence/fence.ts';
import type { ShardSession } from '../pools/session.ts';

/** What a reader looks at: the fence of a bucket, and whether the server that has it takes writes. */
export interface FenceRow extends Pick<BucketFence, 'state' | 'next_owner' | 'generation'> {
  /** Whether the server is one that takes writes: no replica, and no writer that was demoted. */
  readonly writer: boolean;
}

/** The column that holds a fence: one text, so that it can stand as a subquery in the list of a SELECT. */
export const FENCE_COLUMN = 'ordershard_fence';

/** `super_read_only` implies `read_only`; the replicas of some clouds have `innodb_read_only` instead. */
const FENCE = "CONCAT_WS(' ', state, generation, @@global.read_only, @@global.innodb_read_only, next_owner)";

/** The text that reads the fence that covers a number, without a lock: one row by primary key. */
export function fenceText(bucket: number, number: bigint): string {
  return `SELECT ${FENCE} AS ${FENCE_COLUMN} FROM bucket_fences FORCE INDEX (PRIMARY) WHERE bucket = ${bucket} AND range_from <= ${number} AND range_to > ${number}`;
}

/** The state of a fence, on a server that takes writes; NULL on any other server. */
const QUICK_FENCE = 'IF(@@global.read_only OR @@global.innodb_read_only, NULL, state)';

/**
 * A fence that is owned and has a next owner waits for an epoch. A fence that is captured has a next owner too, and is read
 * here.
 */
const NOT_PROMISED = "(next_owner IS NULL OR state <> 'owned')";

/**
 * Returns a subquery for the state of the fence that covers a number, if its range begins at `from`, decimal text. It reads
 * by the whole of the primary key, for about half the server's time that {@link fenceText} takes. NULL, or no readable state,
 * means that a closer look is needed.
 */
export function quickFenceText(bucket: number, number: bigint, from: string): string {
  return `SELECT ${QUICK_FENCE} FROM bucket_fences WHERE bucket = ${bucket} AND range_from = ${from} AND range_to > ${number} AND ${NOT_PROMISED}`;
}

/** {@link quickFenceText} of a bucket of text keys. */
export function quickTextFenceText(bucket: number): string {
  return `SELECT ${QUICK_FENCE} FROM text_fences WHERE bucket = ${bucket} AND ${NOT_PROMISED}`;
}

/** Whether the rows that came with a quick look at their fence may be returned. */
export function letsRead(row: unknown): boolean {
  const state = (row as { readonly [FENCE_COLUMN]?: string | null } | undefined)?.[FENCE_COLUMN];
  return state === 'owned' || state === 'capturing' || state === 'carried';
}

/** The text that reads the fence of a bucket of text keys, in the same way. */
export function textFenceText(bucket: number): string {
  return `SELECT ${FENCE} AS ${FENCE_COLUMN} FROM text_fences FORCE INDEX (PRIMARY) WHERE bucket = ${bucket}`;
}

/** The fence in a row that has its column; undefined when there is none. */
export function fenceIn(row: unknown): FenceRow | undefined {
  const text = (row as { readonly [FENCE_COLUMN]?: string | null } | undefined)?.[FENCE_COLUMN];
  if (typeof text !== 'string') return undefined;
  const [state, generation, readOnly, innodbReadOnly, owner] = text.split(' ');
  return {
    state: state as FenceRow['state'],
    generation: Number(generation),
    next_owner: owner === undefined ? null : Number(owner),
    writer: isOff(readOnly) && isOff(innodbReadOnly),
  };
}

function isOff(variable: string | undefined): boolean {
  return variable === '0' || variable === 'OFF';
}

/** Reads a fence by one of these texts. */
export async function readFence(session: ShardSession, sql: string): Promise<FenceRow | undefined> {
  const [row] = await session.query(sql);
  return fenceIn(row);
}
