import type * as duckdbModule from '@duckdb/node-api';
import type { DuckDBAppender } from '@duckdb/node-api';
import type { ColumnRow } from '../sql/columns.ts';
import type { SessionRow } from '../sql/aggregate-rows.ts';

/** DuckDB's module. Who only reads an archive does without it, and without its native part. */
export type DuckDB = typeof duckdbModule;

/** How a column of MySQL lies in an archive. Exact: what comes back is what a session gave. */
interface Kind {
  /** The type in DuckDB, from which that in Parquet follows. */
  readonly duck: string;
  append(appender: DuckDBAppender, value: unknown, duckdb: DuckDB): void;
  /** From what Parquet's reader gives to what a session gives. */
  back(value: unknown): unknown;
}

const INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'year']);
const BYTES = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'bit',
  'geometry',
]);

const integer: Kind = {
  duck: 'BIGINT',
  append: (to, value) => to.appendBigInt(BigInt(value as number | string)),
  back: Number,
};
const bigint: Kind = { ...integer, back: String };
const unsignedBigint: Kind = {
  duck: 'UBIGINT',
  append: (to, value) => to.appendUBigInt(BigInt(value as string)),
  back: String,
};
const double: Kind = {
  duck: 'DOUBLE',
  append: (to, value) => to.appendDouble(value as number),
  back: Number,
};
const bytes: Kind = {
  duck: 'BLOB',
  append: (to, value) => to.appendBlob(value as Buffer),
  back: (value) => Buffer.from(value as Uint8Array),
};
/** Decimals too: Parquet's readers make doubles of theirs. */
const text: Kind = { duck: 'VARCHAR', append: (to, value) => to.appendVarchar(String(value)), back: String };
const date: Kind = {
  duck: 'DATE',
  append: (to, value, { DuckDBDateValue }) =>
    to.appendDate(new DuckDBDateValue(Date.parse(`${value as string}T00:00:00Z`) / 86_400_000)),
  back: (value) => new Date(Number(value) * 86_400_000).toISOString().slice(0, 10),
};

/** Times as text of a session, with so many digits of a fraction, are microseconds in Parquet. */
function time(fraction: number): Kind {
  return {
    duck: 'TIMESTAMP',
    append: (to, value, { DuckDBTimestampValue }) =>
      to.appendTimestamp(new DuckDBTimestampValue(microsOf(value as string))),
    back: (value) => datetimeOf(value as bigint, fraction),
  };
}

function microsOf(datetime: string): bigint {
  const [seconds = '', fraction = ''] = datetime.split('.');
  return BigInt(Date.parse(`${seconds.replace(' ', 'T')}Z`)) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}

function datetimeOf(micros: bigint, fraction: number): string {
  const second = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const whole = new Date(Number(second) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
  const rest = (micros - second * 1_000_000n).toString().padStart(6, '0').slice(0, fraction);
  return rest === '' ? whole : `${whole}.${rest}`;
}

/** How a column lies in an archive. */
export function kindOf({ type, unsigned, fraction }: ColumnRow): Kind {
  if (INTEGERS.has(type)) return integer;
  if (type === 'bigint') return unsigned ? unsignedBigint : bigint;
  if (type === 'float' || type === 'double') return double;
  if (BYTES.has(type)) return bytes;
  if (type === 'datetime' || type === 'timestamp') return time(fraction);
  return type === 'date' ? date : text;
}

/** Appends a row to a table of DuckDB that has the same columns. */
export function appendRow(
  duckdb: DuckDB,
  appender: DuckDBAppender,
  columns: readonly ColumnRow[],
  row: SessionRow,
): void {
  for (const column of columns) {
    const value = row[column.name];
    if (value === null) appender.appendNull();
    else kindOf(column).append(appender, value, duckdb);
  }
  appender.endRow();
}

/** A row of Parquet as a session would give it. */
export function sessionRow(columns: readonly ColumnRow[], row: SessionRow): SessionRow {
  const values = columns.map((column) => {
    const value = row[column.name];
    return [column.name, value === null || value === undefined ? null : kindOf(column).back(value)] as const;
  });
  return Object.fromEntries(values);
}

/** The values of a row as they go into a hash: the same for a row of the shard and its copy in an archive. */
export function hashedValues(columns: readonly ColumnRow[], row: SessionRow): readonly unknown[] {
  return columns.map(({ name }) => {
    const value = row[name];
    return Buffer.isBuffer(value) ? value.toString('hex') : value;
  });
}
