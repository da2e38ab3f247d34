import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArchiveDamagedError, ArchiveUnavailableError, ScratchUnavailableError } from './errors.ts';
import { type AggregateRows, ContentHash, type Layout } from './layout.ts';
import {
  dayPrefix,
  decodeManifest,
  encodeManifest,
  type Manifest,
  manifestKey,
  supersededKey,
} from './manifest.ts';
import { localFile, readParquet } from './read-file.ts';
import type { ArchiveStore } from './store.ts';
import { fingerprint, type WrittenFile, writeParquet } from './write-file.ts';

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

/** Files of one day of a shard that lie beside each other at the most. */
const MAX_COPIES = 100;

/** A file of this machine that is to be put. */
interface MadeFile extends WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The name of a file; of one whose name is taken, with the number of the copy. */
function keyOf({ shard, day, carriedAs }: ArchiveFile, copy: number): string {
  const of = carriedAs === undefined ? '' : `.${carriedAs}`;
  return `${dayPrefix(day)}shard-${shard}${of}${copy === 1 ? '' : `.${copy}`}.parquet`;
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
   * there. What lies there already is never written over: a file of the same rows that a run left is taken as it is, and
   * beside any other a new one is put.
   *
   * @param replaced what counts no more once the new file is there
   * @throws ArchiveUnavailableError; ArchiveDamagedError when what comes back is not what was written
   */
  async put(
    file: ArchiveFile,
    layout: Layout,
    chunks: AsyncIterable<readonly AggregateRows[]>,
    replaced?: Manifest,
  ): Promise<Manifest> {
    return inScratch(async (folder) => {
      const path = join(folder, 'written.parquet');
      const written = await writeParquet(layout, chunks, folder, path);
      const made = { ...written, ...(await fingerprint(path)), path };
      const manifest = await this.#place(file, layout, made, folder);
      if (replaced !== undefined && replaced.file !== manifest.file) {
        const by = JSON.stringify({ by: manifest.file, at: file.archivedAt });
        await this.store.putText(supersededKey(replaced.file), by);
      }
      return manifest;
    });
  }

  /** Puts a file under the first name that is free. */
  async #place(file: ArchiveFile, layout: Layout, made: MadeFile, folder: string): Promise<Manifest> {
    for (let copy = 1; copy <= MAX_COPIES; copy += 1) {
      const key = keyOf(file, copy);
      const left = await this.#leftBy(key, made.contentHash, layout, folder);
      if (left !== undefined) return left;
      const manifest = this.#manifestOf(key, file, layout, made);
      // A store may have put it, and its answer was lost: then it is ours.
      if (!(await this.store.put(key, made.path)) && !(await this.#isThere(manifest, folder))) continue;
      await this.#compare(manifest, folder, layout);
      const text = encodeManifest(manifest);
      const at = manifestKey(key);
      if ((await this.store.putText(at, text)) || (await this.store.getText(at)) === text) return manifest;
    }
    throw new ArchiveUnavailableError(
      `${keyOf(file, MAX_COPIES)} and all names before it are taken in ${this.store.url}`,
    );
  }

  #manifestOf(
    key: string,
    { shard, day, carriedAs, archivedAt }: ArchiveFile,
    layout: Layout,
    made: MadeFile,
  ) {
    return {
      format: 1 as const,
      cluster: this.#cluster,
      shard,
      day,
      file: key,
      bytes: made.bytes,
      sha256: made.sha256,
      contentHash: made.contentHash,
      rows: { ...made.rows },
      first: made.first?.toString() ?? null,
      last: made.last?.toString() ?? null,
      layout: { root: mutable(layout.root), children: layout.children.map(mutable) },
      carried: carriedAs !== undefined,
      archivedAt,
    };
  }

  /** The manifest of a file with the same rows that a run has left, if the file is whole. */
  async #leftBy(
    key: string,
    contentHash: string,
    layout: Layout,
    folder: string,
  ): Promise<Manifest | undefined> {
    try {
      const text = await this.store.getText(manifestKey(key));
      if (text === undefined || (await this.store.getText(supersededKey(key))) !== undefined)
        return undefined;
      const manifest = decodeManifest(text, manifestKey(key));
      if (manifest.contentHash !== contentHash || manifest.file !== key) return undefined;
      await this.#compare(manifest, folder, layout);
      return manifest;
    } catch (error) {
      if (error instanceof ArchiveDamagedError) return undefined;
      throw error;
    }
  }

  async #isThere(manifest: Manifest, folder: string): Promise<boolean> {
    try {
      await this.#compare(manifest, folder);
      return true;
    } catch (error) {
      if (error instanceof ArchiveDamagedError) return false;
      throw error;
    }
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

/** Runs `fn` with a folder of its own, which is gone afterwards. @throws ScratchUnavailableError */
export async function inScratch<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-archive-')).catch((cause: unknown) => {
    throw new ScratchUnavailableError(
      `no folder can be made in ${tmpdir()} (TMPDIR), through which files of the archive go: ${(cause as Error).message}`,
      { cause },
    );
  });
  try {
    return await fn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
