import type { ShardSession } from '@ordershard/shard-router';
import type { TableLayout } from '../../move/table-layout.ts';

/** Numbers of a bucket: from the first up to, and without, the second. */
export interface NumberRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** A row as the text of an INSERT. */
export interface RowText {
  readonly number: string;
  readonly text: string;
}

/** A table's rows as `r`, by its index of buckets. */
export function inBucket({ index, table }: TableLayout): string {
  return `\`${table}\` AS r ${index === undefined ? '' : `FORCE INDEX (\`${index}\`)`}`;
}

/** A condition on a row `r`, with values: bucket, from, to. */
const IN_RANGE = 'r.bucket = ? AND r.number >= ? AND r.number < ?';

/**
 * The rows of a bucket with the lowest numbers of a range, `limit` at the most, as text. By the index of buckets, or a
 * scan of a small table, without a lock.
 */
export async function readRows(
  session: ShardSession,
  layout: TableLayout,
  bucket: number,
  { from, to }: NumberRange,
  limit: number,
): Promise<readonly RowText[]> {
  return session.query<RowText>(
    `SELECT r.number, ${layout.text} AS text FROM ${inBucket(layout)} WHERE ${IN_RANGE} ORDER BY r.number LIMIT ?`,
    [bucket, from, to, limit],
  );
}

/** The rows of some numbers of a bucket, as text. By the primary key, without a lock. */
export async function readRowsOf(
  session: ShardSession,
  { table, text }: TableLayout,
  bucket: number,
  numbers: readonly bigint[],
): Promise<readonly RowText[]> {
  return session.query<RowText>(
    `SELECT r.number, ${text} AS text FROM \`${table}\` AS r WHERE r.number IN (${numbers.join(', ')}) AND r.bucket = ?`,
    [bucket],
  );
}

/** The lowest numbers of a bucket's rows in a range, each once, without a lock. */
export async function readNumbers(
  session: ShardSession,
  layout: TableLayout,
  bucket: number,
  { from, to }: NumberRange,
  limit: number,
): Promise<readonly bigint[]> {
  const rows = await session.query<{ number: string }>(
    `SELECT DISTINCT r.number FROM ${inBucket(layout)} WHERE ${IN_RANGE} ORDER BY r.number LIMIT ?`,
    [bucket, from, to, limit],
  );
  return rows.map(({ number }) => BigInt(number));
}

/** Inserts rows from their text. Plain: a row that is there already is an error. Locks the new rows only. */
export async function insertRows(
  session: ShardSession,
  { table, columns }: TableLayout,
  texts: readonly string[],
): Promise<void> {
  await session.execute(`INSERT INTO \`${table}\` (${columns}) VALUES ${texts.join(',')}`);
}

/** Deletes the rows of some numbers of a bucket, by the primary key. */
export async function deleteRowsOf(
  session: ShardSession,
  table: string,
  bucket: number,
  numbers: readonly bigint[],
): Promise<number> {
  const { affectedRows } = await session.execute(
    `DELETE FROM \`${table}\` WHERE number IN (${numbers.join(', ')}) AND bucket = ?`,
    [bucket],
  );
  return affectedRows;
}

/** Of a row `r`, 64 bits that tell it from any other. */
const hashOf = ({ text }: TableLayout) => `CAST(CONV(LEFT(SHA2(${text}, 256), 16), 16, 10) AS UNSIGNED)`;

/** How many rows there are of something, and a hash of them all, whatever their order. */
export interface Fingerprint {
  readonly count: string;
  readonly hash: string;
}

/** Selects a {@link Fingerprint} of rows `r`. */
export const FINGERPRINT = (layout: TableLayout) =>
  `CAST(COUNT(*) AS CHAR) AS count, CAST(COALESCE(BIT_XOR(${hashOf(layout)}), 0) AS CHAR) AS hash`;

/** Selects the fingerprint of a table's rows, or of a dependent's. */
function fingerprintText(root: TableLayout, dependent?: TableLayout): string {
  if (dependent === undefined)
    return `SELECT '${root.table}' AS name, ${FINGERPRINT(root)} FROM ${inBucket(root)} WHERE ${IN_RANGE}`;
  return `SELECT '${dependent.table}' AS name, ${FINGERPRINT(dependent)}
            FROM \`${root.table}\` AS root ${root.index === undefined ? '' : `FORCE INDEX (\`${root.index}\`)`}
            STRAIGHT_JOIN \`${dependent.table}\` AS r ON r.number = root.number
           WHERE root.bucket = ? AND root.number >= ? AND root.number < ?`;
}

/**
 * The fingerprint of a bucket's rows in a range, of each of some tables and of their dependents, in one round trip. By the
 * indexes of buckets, those of dependents by the numbers of their roots; without a lock.
 */
export async function fingerprints(
  session: ShardSession,
  layouts: readonly TableLayout[],
  bucket: number,
  { from, to }: NumberRange,
): Promise<ReadonlyMap<string, string>> {
  const texts = layouts.flatMap((root) => [
    fingerprintText(root),
    ...root.dependents.map((dependent) => fingerprintText(root, dependent)),
  ]);
  const rows = await session.query<Fingerprint & { readonly name: string }>(
    texts.join(' UNION ALL '),
    texts.flatMap(() => [bucket, from, to]),
  );
  return new Map(rows.map(({ name, count, hash }) => [name, `${count}:${hash}`]));
}

/** Fingerprints of each number's rows. */
export type NumberPrints = ReadonlyMap<string, string>;

/** The fingerprint of each of some numbers. By the primary key, without a lock. */
export async function fingerprintsOf(
  session: ShardSession,
  layout: TableLayout,
  bucket: number,
  numbers: readonly bigint[],
): Promise<NumberPrints> {
  const rows = await session.query<Fingerprint & { number: string }>(
    `SELECT r.number, ${FINGERPRINT(layout)} FROM \`${layout.table}\` AS r
      WHERE r.number IN (${numbers.join(', ')}) AND r.bucket = ? GROUP BY r.number`,
    [bucket],
  );
  return new Map(rows.map(({ number, count, hash }) => [number, `${count}:${hash}`]));
}

/** The hash of each row of some generations of a bucket of keys, by its primary key as text. Without a lock. */
export async function keyRowHashes(
  session: ShardSession,
  layout: TableLayout,
  bucket: number,
  generations: readonly string[],
): Promise<NumberPrints> {
  const rows = await session.query<{ id: string; hash: string }>(
    `SELECT ${layout.keyText} AS id, CAST(${hashOf(layout)} AS CHAR) AS hash FROM ${inBucket(layout)}
      WHERE r.bucket = ? AND r.key_generation IN (${generations.map(BigInt).join(', ')})`,
    [bucket],
  );
  return new Map(rows.map(({ id, hash }) => [id, hash]));
}

/** Rows by the texts of their primary keys, as text. Without a lock. */
export async function readKeyRows(
  session: ShardSession,
  { table, text, key }: TableLayout,
  keys: readonly string[],
): Promise<readonly string[]> {
  const rows = await session.query<{ text: string }>(
    `SELECT ${text} AS text FROM \`${table}\` AS r WHERE (${key}) IN (${keys.join(',')})`,
  );
  return rows.map((row) => row.text);
}

/** Deletes rows by the texts of their primary keys. */
export async function deleteKeyRows(
  session: ShardSession,
  { table, key }: TableLayout,
  keys: readonly string[],
): Promise<number> {
  const { affectedRows } = await session.execute(
    `DELETE r FROM \`${table}\` AS r WHERE (${key}) IN (${keys.join(',')})`,
  );
  return affectedRows;
}
