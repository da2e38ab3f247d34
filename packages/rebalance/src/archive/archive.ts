import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArchiveDamagedError } from './errors.ts';
import { type AggregateRows, ContentHash, type Layout } from './layout.ts';
import { dayPrefix, encodeManifest, type Manifest, manifestKey } from './manifest.ts';
import { localFile, readParquet } from './read-file.ts';
import type { ArchiveStore } from './store.ts';
import { fingerprint, writeParquet } from './write-file.ts';

/** What is to be archived, and as what. */
export interface ArchiveFile {
  readonly shard: number;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Set for numbers that have outlived their day: a text that tells their file from others of the day. */
  readonly carriedAs?: string;
  /** RFC 3339 UTC. */
  readonly archivedAt: string;
}

/** Puts days into an archive, and looks whether they are still there as they were put. */
export class Archive {
  readonly store: ArchiveStore;
  readonly #cluster: string;

  constructor(store: ArchiveStore, cluster: string) {
    this.store = store;
    this.#cluster = cluster;
  }

  /**
   * Writes rows into a file of the archive, reads it back from there, and compares each row before it says that it is
   * there.
   *
   * @throws ArchiveUnavailableError; ArchiveDamagedError when what comes back is not what was written
   */
  async put(
    file: ArchiveFile,
    layout: Layout,
    chunks: AsyncIterable<readonly AggregateRows[]>,
  ): Promise<Manifest> {
    return inScratch(async (folder) => {
      const { shard, day, carriedAs, archivedAt } = file;
      const key = `${dayPrefix(day)}shard-${shard}${carriedAs === undefined ? '' : `.${carriedAs}`}.parquet`;
      const path = join(folder, 'written.parquet');
      const written = await writeParquet(layout, chunks, folder, path);
      const manifest: Manifest = {
        format: 1,
        cluster: this.#cluster,
        shard,
        day,
        file: key,
        ...(await fingerprint(path)),
        contentHash: written.contentHash,
        rows: { ...written.rows },
        first: written.first?.toString() ?? null,
        last: written.last?.toString() ?? null,
        layout: { root: mutable(layout.root), children: layout.children.map(mutable) },
        carried: carriedAs !== undefined,
        archivedAt,
      };
      await this.store.put(key, path);
      await rm(path);
      await this.#compare(manifest, folder, layout);
      await this.store.putText(manifestKey(key), encodeManifest(manifest));
      return manifest;
    });
  }

  /**
   * Reads a file and its manifest again and compares every byte with what was put.
   *
   * @throws ArchiveUnavailableError, ArchiveDamagedError
   */
  async verify(manifest: Manifest): Promise<void> {
    const key = manifestKey(manifest.file);
    if ((await this.store.getText(key)) !== encodeManifest(manifest))
      throw new ArchiveDamagedError(`${key} in ${this.store.url} is not the manifest that was put there`);
    await inScratch((folder) => this.#compare(manifest, folder));
  }

  /** @param layout when given, the rows are read and compared too */
  async #compare(manifest: Manifest, folder: string, layout?: Layout): Promise<void> {
    const path = join(folder, 'read-back.parquet');
    const where = `${manifest.file} in ${this.store.url}`;
    await this.store.fetch(manifest.file, path);
    const { bytes, sha256 } = await fingerprint(path);
    if (bytes !== manifest.bytes || sha256 !== manifest.sha256) {
      throw new ArchiveDamagedError(
        `${where} is not what was put there: ${bytes} bytes with SHA-256 ${sha256}, where ${manifest.bytes} with ${manifest.sha256} were put`,
      );
    }
    if (layout === undefined) return;
    const hash = new ContentHash(layout);
    for await (const rows of readParquet(await localFile(path), layout)) {
      for (const row of rows) hash.add(row);
    }
    if (hash.digest() !== manifest.contentHash)
      throw new ArchiveDamagedError(`${where} does not hold the rows that were written into it`);
  }
}

function mutable<T extends { readonly table: string; readonly columns: readonly unknown[] }>({
  table,
  columns,
}: T): { table: string; columns: T['columns'][number][] } {
  return { table, columns: [...columns] };
}

/** Runs `fn` with a folder of its own, which is gone afterwards. */
export async function inScratch<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-archive-'));
  try {
    return await fn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
