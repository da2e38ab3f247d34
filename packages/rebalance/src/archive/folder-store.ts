import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArchiveDamagedError, ArchiveUnavailableError } from './errors.ts';
import type { ArchiveStore, StoredFile } from './store.ts';

/** An archive in a folder, such as one of a mounted disk. Files appear whole, and are on the disk when they have. */
export class FolderStore implements ArchiveStore {
  readonly url: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.url = pathToFileURL(folder).href;
  }

  put(key: string, path: string): Promise<void> {
    return this.#place(key, (target) => copyFile(path, target));
  }

  putText(key: string, text: string): Promise<void> {
    return this.#place(key, (target) => writeFile(target, text));
  }

  async getText(key: string): Promise<string | undefined> {
    try {
      return await readFile(this.#path(key), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unavailable(this.url, error);
    }
  }

  async fetch(key: string, path: string): Promise<void> {
    try {
      await copyFile(this.#path(key), path);
    } catch (error) {
      throw isMissing(error) ? missing(key) : unavailable(this.url, error);
    }
  }

  async open(key: string): Promise<StoredFile> {
    const path = this.#path(key);
    // Opened for each piece: nobody says when the last one was read.
    const reading = async <T>(read: (file: Awaited<ReturnType<typeof open>>) => Promise<T>) => {
      try {
        await using file = await open(path);
        return await read(file);
      } catch (error) {
        throw isMissing(error) ? missing(key) : unavailable(this.url, error);
      }
    };
    const byteLength = await reading(async (file) => (await file.stat()).size);
    return {
      byteLength,
      slice: (start, end = byteLength) =>
        reading(async (file) => {
          const bytes = Buffer.allocUnsafeSlow(end - start);
          const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
          if (bytesRead !== bytes.length) throw new ArchiveDamagedError(`${key} is shorter than it was`);
          return bytes.buffer;
        }),
    };
  }

  async list(prefix: string): Promise<readonly string[]> {
    try {
      const base = join(this.#folder, dirname(`${prefix}x`));
      const found = await readdir(base, { recursive: true, withFileTypes: true });
      return found
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => relative(this.#folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix))
        .toSorted();
    } catch (error) {
      if (isMissing(error)) return [];
      throw unavailable(this.url, error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Writes beside the target, forces it to the disk, and renames. */
  async #place(key: string, write: (path: string) => Promise<void>): Promise<void> {
    const target = this.#path(key);
    const folder = dirname(target);
    const beside = join(folder, `.${randomUUID()}`);
    try {
      await mkdir(folder, { recursive: true });
      await write(beside);
      await force(beside);
      await rename(beside, target);
      await force(folder);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => undefined);
      throw unavailable(this.url, error);
    }
  }

  #path(key: string): string {
    return join(this.#folder, key);
  }
}

async function force(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function missing(key: string): ArchiveDamagedError {
  return new ArchiveDamagedError(`the archive has no ${key} any more`);
}

function unavailable(url: string, cause: unknown): Error {
  if (cause instanceof ArchiveDamagedError) return cause;
  return new ArchiveUnavailableError(`the archive ${url} does not serve: ${(cause as Error).message}`, {
    cause,
  });
}
