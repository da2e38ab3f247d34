import { createHash } from 'node:crypto';
import { orderValue, type Position } from './columns.ts';
import { ScatterCursorError } from './errors.ts';
import type { CheckedQuery } from './query.ts';

/** Where a fan-out read goes on. */
export interface CursorState {
  /** The row that was handed out last. */
  readonly position: Position;
  /** Shards whose rows were missing in an earlier page. */
  readonly missed: readonly number[];
}

const VERSION = 1;
const MAX_LENGTH = 16_384;

/** A cursor as opaque text (base64url), good for the same query only. It grants nothing: conditions are not in it. */
export function encodeCursor(query: CheckedQuery, { position, missed }: CursorState): string {
  const content = [VERSION, fingerprint(query), position.map(String), missed];
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Reads a cursor. Throws {@link ScatterCursorError} when it is damaged, or another query's. */
export function decodeCursor(query: CheckedQuery, cursor: string): CursorState {
  const content = parse(cursor);
  if (!Array.isArray(content) || content.length !== 4) throw new ScatterCursorError('this is no cursor');
  const [version, print, values, missed] = content as unknown[];
  if (version !== VERSION) throw new ScatterCursorError('the cursor is of another version');
  if (print !== fingerprint(query)) throw new ScatterCursorError('the cursor belongs to another query');
  if (!Array.isArray(values) || values.length !== query.order.length || !Array.isArray(missed)) {
    throw new ScatterCursorError('the cursor is damaged');
  }
  const position = query.order.map(({ type }, i) => {
    const value = typeof values[i] === 'string' ? orderValue(type, values[i]) : undefined;
    if (value === undefined) throw new ScatterCursorError('the cursor is damaged');
    return value;
  });
  if (!missed.every((shard) => Number.isInteger(shard)))
    throw new ScatterCursorError('the cursor is damaged');
  return { position, missed: missed as number[] };
}

function parse(cursor: string): unknown {
  if (typeof cursor !== 'string' || cursor.length > MAX_LENGTH)
    throw new ScatterCursorError('this is no cursor');
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new ScatterCursorError('this is no cursor', { cause });
  }
}

/** A short hash of what must be equal for a position to mean the same: table, order and conditions. */
function fingerprint({ table, order, where }: CheckedQuery): string {
  const text = JSON.stringify([table, order, where], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}
