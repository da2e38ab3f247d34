import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { sessionRow } from './columns.ts';
import { ArchiveDamagedError } from './errors.ts';
import type { AggregateRows, Layout } from './layout.ts';
import type { StoredFile } from './store.ts';
import type { SessionRow } from '../sql/aggregate-rows.ts';

/**
 * Reads archived files with another library than wrote them: what it cannot read, others may not either. Times and dates
 * stay the integers that they are.
 */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1_000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  dateFromDays: (days: number) => days,
};

/**
 * Reads the rows of a file's numbers, by number, a row group at once; groups that hold none above `after` are passed
 * over. @throws ArchiveDamagedError
 */
export async function* readParquet(
  file: StoredFile,
  layout: Layout,
  after = -1n,
): AsyncGenerator<AggregateRows[]> {
  const metadata = await readMetadata(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    if (boundsOf(group).high > after) yield await readRange(file, metadata, layout, rowStart, rowEnd);
    rowStart = rowEnd;
  }
}

/** Finds one number in a file, by reading the one row group that can have it. @throws ArchiveDamagedError */
export async function findInParquet(
  file: StoredFile,
  layout: Layout,
  number: bigint,
): Promise<AggregateRows | undefined> {
  const metadata = await readMetadata(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    if (mayHave(group, number)) {
      const rows = await readRange(file, metadata, layout, rowStart, rowEnd);
      const found = rows.find((row) => row.number === number);
      if (found !== undefined) return found;
    }
    rowStart = rowEnd;
  }
  return undefined;
}

type RowGroup = FileMetaData['row_groups'][number];

function mayHave(group: RowGroup, number: bigint): boolean {
  const { low, high } = boundsOf(group);
  return low <= number && number <= high;
}

const ALL = { low: -1n, high: 2n ** 63n };

/** Between which numbers a row group lies; all, where the file does not say. */
function boundsOf({ columns }: RowGroup): { readonly low: bigint; readonly high: bigint } {
  const statistics = columns.find(({ meta_data: meta }) => meta?.path_in_schema[0] === 'number')?.meta_data
    ?.statistics;
  const [low, high] = [statistics?.min_value, statistics?.max_value];
  return typeof low === 'bigint' && typeof high === 'bigint' ? { low, high } : ALL;
}

async function readMetadata(file: StoredFile): Promise<FileMetaData> {
  return reading(() => parquetMetadataAsync(file));
}

async function readRange(
  file: StoredFile,
  metadata: FileMetaData,
  layout: Layout,
  rowStart: number,
  rowEnd: number,
): Promise<AggregateRows[]> {
  const rows = await reading(() =>
    parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors, parsers: PARSERS, utf8: false }),
  );
  return rows.map((row) => aggregateOfRow(row, layout));
}

function aggregateOfRow(row: SessionRow, { root, children }: Layout): AggregateRows {
  const number = row['number'] as bigint;
  return {
    number,
    root: sessionRow(root.columns, row),
    children: Object.fromEntries(
      children.map(({ table, columns }) => [
        table,
        ((row[table] ?? []) as readonly SessionRow[]).map((below) =>
          sessionRow(columns, { ...below, number }),
        ),
      ]),
    ),
  };
}

async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if ((cause as { code?: string }).code?.startsWith('REBALANCE_') === true) throw cause;
    throw new ArchiveDamagedError(`not a Parquet file that can be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** A file of this machine, to be read in pieces. */
export function localFile(path: string): Promise<StoredFile> {
  return asyncBufferFromFile(path) as Promise<StoredFile>;
}
