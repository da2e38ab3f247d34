import { sql, type Statement, type UnitScope } from '@ordershard/shard-router';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Value } from './values.ts';

/** A value of each type has a column of its own, in which it must come back as it was. */
export const FUZZ_TABLE = `CREATE TABLE fuzz_values (
  number BIGINT NOT NULL, place INT NOT NULL, bucket SMALLINT UNSIGNED NOT NULL,
  as_text LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL, as_bytes LONGBLOB NULL, as_double DOUBLE NULL,
  as_integer BIGINT NULL, as_time DATETIME(3) NULL, PRIMARY KEY (number, place)
) ENGINE = InnoDB`;

/** One INSERT of a row for each value. */
export function insertOf(number: bigint, values: readonly Value[], { bucket }: UnitScope): Statement {
  return {
    sql: `INSERT INTO fuzz_values (number, place, bucket, as_text, as_bytes, as_double, as_integer, as_time)
          VALUES ${values.map(() => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
    values: values.flatMap((value, place) => [number, place, bucket, ...columnsOf(value)]),
  };
}

/** A statement that changes nothing and is always met, for units in the guarded form. */
export function guardOf(number: bigint): Statement {
  return sql`UPDATE fuzz_guards SET visits = visits + 1 WHERE id = 1 AND ${number} = ${number}`;
}

function columnsOf(value: Value): readonly Value[] {
  const none = null;
  if (typeof value === 'string') return [value, none, none, none, none];
  if (Buffer.isBuffer(value)) return [none, value, none, none, none];
  if (typeof value === 'number') return [none, none, value, none, none];
  if (typeof value === 'bigint' || typeof value === 'boolean') return [none, none, none, value, none];
  return [none, none, none, none, value];
}

interface FuzzRow extends RowDataPacket {
  number: string;
  place: number;
  as_text: string | null;
  as_bytes: Buffer | null;
  as_double: number | null;
  /** The driver's own reading of a double is off in the last digit at times. */
  double_text: string | null;
  as_integer: string | null;
  as_time: string | null;
}

/** The values that are stored, as texts that say type and content, by `number-place`. */
export async function readBack(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const [rows] = await connection.query<FuzzRow[]>(
    'SELECT fuzz_values.*, CAST(as_double AS CHAR) AS double_text FROM fuzz_values',
  );
  return new Map(
    rows.map((row) => {
      const { as_text: text, as_bytes: bytes, as_double: double, as_integer: integer, as_time: time } = row;
      const found = [
        text === null ? [] : [`text ${Buffer.from(text, 'utf16le').toString('hex')}`],
        bytes === null ? [] : [`bytes ${bytes.toString('hex')}`],
        double === null ? [] : [`number ${Number(row.double_text)}`],
        integer === null ? [] : [`integer ${integer}`],
        time === null ? [] : [`time ${time}`],
      ].flat();
      return [`${row.number}-${row.place}`, found.join(' and ')];
    }),
  );
}

/** What {@link readBack} must give for a value. */
export function expected(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return `text ${Buffer.from(value, 'utf16le').toString('hex')}`;
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('hex')}`;
  if (typeof value === 'number') return `number ${value === 0 ? 0 : value}`;
  if (value instanceof Date) return `time ${value.toISOString().slice(0, 23).replace('T', ' ')}`;
  return `integer ${Number.isInteger(value) ? value : BigInt(value)}`;
}
