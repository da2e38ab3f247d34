import { readManifests } from './archive-reader.ts';
import type { AggregateRows } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { allMarks, isVoid, type Mark } from './marks.ts';
import { readParquet } from './read-file.ts';
import type { ArchiveStore } from './store.ts';

/** Archived rows of the next range of numbers. */
export interface ArchiveChunk {
  /** By number, lowest first; of each number the newest that is not void. */
  readonly rows: readonly AggregateRows[];
  /** The last number that the chunk tells of. */
  readonly upTo: bigint;
}

/**
 * Reads what an archive holds of numbers above `after`, up to `upTo`, about `limit` of each file at once: what a rebuild of
 * something from all orders takes beside the shards.
 *
 * @throws ArchiveUnavailableError, ArchiveDamagedError
 */
export async function scanArchive(
  store: ArchiveStore,
  after: bigint,
  upTo: bigint,
  limit: number,
): Promise<ArchiveChunk> {
  const manifests = (await readManifests(store, 'day=')).filter(
    ({ first, last }) => first !== null && BigInt(last!) > after && BigInt(first) <= upTo,
  );
  const day = manifests.map((manifest) => manifest.day).toSorted()[0];
  const ofDay = manifests.filter((manifest) => manifest.day === day);
  // A day is read to its end; beyond it the next one begins.
  let end = manifests.length === ofDay.length ? upTo : endOf(ofDay);
  const parts: (readonly [Manifest, readonly AggregateRows[]])[] = [];
  for (const manifest of ofDay) {
    const { rows, more } = await firstRows(store, manifest, after, limit);
    if (more && rows.at(-1)!.number < end) end = rows.at(-1)!.number;
    parts.push([manifest, rows]);
  }
  const marks = Map.groupBy(await allMarks(store), ({ number }) => number);
  const found = new Map<bigint, AggregateRows>();
  // The newest file first: what it has of a number is not taken from the others.
  for (const [{ archivedAt }, rows] of parts) {
    for (const row of rows) {
      const voided = isVoid((marks.get(row.number) ?? []) as readonly Mark[], archivedAt);
      if (row.number <= end && row.number <= upTo && !found.has(row.number) && !voided)
        found.set(row.number, row);
    }
  }
  return {
    rows: [...found.values()].toSorted((a, b) => (a.number < b.number ? -1 : 1)),
    upTo: end < upTo ? end : upTo,
  };
}

/** The last number of some files. */
function endOf(manifests: readonly Manifest[]): bigint {
  return manifests.reduce((end, { last }) => (BigInt(last!) > end ? BigInt(last!) : end), -1n);
}

/** The first rows of a file above a number, and whether there are more. */
async function firstRows(
  store: ArchiveStore,
  { file, layout }: Manifest,
  after: bigint,
  limit: number,
): Promise<{ readonly rows: readonly AggregateRows[]; readonly more: boolean }> {
  const rows: AggregateRows[] = [];
  for await (const group of readParquet(await store.open(file), layout, after)) {
    if (rows.length >= limit) return { rows, more: true };
    rows.push(...group.filter(({ number }) => number > after));
  }
  return { rows, more: false };
}
