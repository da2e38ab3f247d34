import type { ShardSession } from '@ordershard/shard-router';
import type { TextLayout } from '../../move/table-layout.ts';
import { FINGERPRINT, type Fingerprint, inBucket, type NumberPrints } from './rows.ts';

/** Text keys, each the bytes of its UTF-8 as hex, in SQL: the collation that compares them is the column's. */
function list(texts: readonly string[]): string {
  return texts.map((hex) => `_utf8mb4 x'${hex}'`).join(', ');
}

/** The lowest text keys of a bucket's rows above one, as hex, each once. By the index of buckets, without a lock. */
export async function readTexts(
  session: ShardSession,
  layout: TextLayout,
  bucket: number,
  above: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  const { column, hex } = layout;
  const rows = await session.query<{ text: string }>(
    `SELECT ${hex} AS text FROM ${inBucket(layout)}
      WHERE r.bucket = ? ${above === undefined ? '' : `AND ${column} > ${list([above])}`}
      GROUP BY ${column} ORDER BY ${column} LIMIT ?`,
    [bucket, limit],
  );
  return rows.map(({ text }) => text);
}

/** The rows of some text keys of a bucket, as text. By the index of buckets, without a lock. */
export async function readRowsOfTexts(
  session: ShardSession,
  layout: TextLayout,
  bucket: number,
  texts: readonly string[],
): Promise<readonly string[]> {
  const rows = await session.query<{ text: string }>(
    `SELECT ${layout.text} AS text FROM ${inBucket(layout)} WHERE r.bucket = ? AND ${layout.column} IN (${list(texts)})`,
    [bucket],
  );
  return rows.map(({ text }) => text);
}

/** Deletes the rows of some text keys of a bucket. */
export async function deleteRowsOfTexts(
  session: ShardSession,
  { table, column }: TextLayout,
  bucket: number,
  texts: readonly string[],
): Promise<number> {
  const { affectedRows } = await session.execute(
    `DELETE r FROM \`${table}\` AS r WHERE r.bucket = ? AND ${column} IN (${list(texts)})`,
    [bucket],
  );
  return affectedRows;
}

/** The fingerprint of all rows of a bucket. By the index of buckets, without a lock. */
export async function fingerprintOfBucket(
  session: ShardSession,
  layout: TextLayout,
  bucket: number,
): Promise<string> {
  const [row] = await session.query<Fingerprint>(
    `SELECT ${FINGERPRINT(layout)} FROM ${inBucket(layout)} WHERE r.bucket = ?`,
    [bucket],
  );
  return `${row!.count}:${row!.hash}`;
}

/** The fingerprint of each of some text keys, by hex. By the index of buckets, without a lock. */
export async function fingerprintsOfTexts(
  session: ShardSession,
  layout: TextLayout,
  bucket: number,
  texts: readonly string[],
): Promise<NumberPrints> {
  const { column, hex } = layout;
  const rows = await session.query<Fingerprint & { text: string }>(
    `SELECT ${hex} AS text, ${FINGERPRINT(layout)} FROM ${inBucket(layout)}
      WHERE r.bucket = ? AND ${column} IN (${list(texts)}) GROUP BY ${column}`,
    [bucket],
  );
  return new Map(rows.map(({ text, count, hash }) => [text, `${count}:${hash}`]));
}
