import { z } from 'zod';
import { ArchiveDamagedError } from './errors.ts';

const column = z.object({
  name: z.string(),
  type: z.string(),
  unsigned: z.boolean(),
  fraction: z.number(),
  key: z.number(),
});
const table = z.object({ table: z.string(), columns: z.array(column) });

const manifest = z.object({
  format: z.literal(1),
  cluster: z.string(),
  shard: z.number(),
  /** The UTC day of the numbers, `YYYY-MM-DD`. */
  day: z.string(),
  /** The key of the Parquet file. */
  file: z.string(),
  bytes: z.number(),
  /** Of the file. */
  sha256: z.string(),
  /** Of the rows in it; see ContentHash. */
  contentHash: z.string(),
  /** How many rows of each table. */
  rows: z.record(z.string(), z.number()),
  /** The lowest and the highest number, as decimal text; null where there is none. */
  first: z.string().nullable(),
  last: z.string().nullable(),
  layout: z.object({ root: table, children: z.array(table) }),
  /** Whether the numbers had outlived their day. */
  carried: z.boolean(),
  archivedAt: z.string(),
});

/** What is known of an archived file. It lies beside the file, and on the shard until its rows are dropped. */
export type Manifest = z.infer<typeof manifest>;

/** The folder of a day's files. */
export function dayPrefix(day: string): string {
  return `day=${day}/`;
}

/** The key of a file's manifest. */
export function manifestKey(file: string): string {
  return file.replace(/\.parquet$/, '.json');
}

/**
 * The key of what says that a file counts no more, since the day was archived anew: neither the file nor its manifest is
 * ever written over.
 */
export function supersededKey(file: string): string {
  return file.replace(/\.parquet$/, '.superseded.json');
}

/** The keys of the manifests that count among those under a prefix. */
export function manifestKeys(keys: readonly string[]): readonly string[] {
  const all = new Set(keys);
  return keys.filter(
    (key) =>
      /^day=.*\.json$/.test(key) &&
      !key.endsWith('.superseded.json') &&
      !all.has(key.replace(/\.json$/, '.superseded.json')),
  );
}

export function encodeManifest(value: Manifest): string {
  return JSON.stringify(value);
}

/** Reads a manifest. @throws ArchiveDamagedError when it is none */
export function decodeManifest(text: string, key: string): Manifest {
  try {
    return manifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new ArchiveDamagedError(`${key} is no manifest of an archived day`, { cause });
  }
}
