import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArchiveDamagedError, ArchiveMissingError, ArchiveUnavailableError } from './errors.ts';
import type { ArchiveStore, StoredFile } from './store.ts';

/**
 * An archive in a folder, such as one of a mounted disk. Files appear whole, and are on the disk when they have. The folder
 * itself is never made: one that is not there is a typing error, or a disk that is not mounted.
 */
export class FolderStore implements ArchiveStore {
  readonly url: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.url = pathToFileURL(folder).href;
  }

  async look(): Promise<void> {
    let isFolder: boolean;
    try {
      isFolder = (await stat(this.#folder)).isDirectory();
    } catch (error) {
      if (isMissing(error)) throw new ArchiveMissingError(`there is no folder ${this.#folder}`);
      throw unavailable(this.url, error);
    }
    if (!isFolder) throw new ArchiveMissingError(`${this.#folder} is no folder`);
  }

  put(key: string, path: string): Promise<boolean> {
    return this.#place(key, (target) => copyFile(path, target));
  }

  putText(key: string, text: string): Promise<boolean> {
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

  /** Writes beside the target, forces it to the disk, and gives it its name, which fails where that is taken. */
  async #place(key: string, write: (path: string) => Promise<void>): Promise<boolean> {
    const target = this.#path(key);
    const folder = dirname(target);
    const beside = join(folder, `.${randomUUID()}`);
    try {
      await this.#makeFolders(key);
      await write(beside);
      await force(beside);
      const placed = await placeNew(beside, target);
      await force(folder);
      return placed;
    } catch (error) {
      throw unavailable(this.url, error);
    } finally {
      await rm(beside, { force: true }).catch(() => undefined);
    }
  }

  /** Makes the folders that a key lies in, and not the archive's own. */
  async #makeFolders(key: string): Promise<void> {
    const names = key.split('/').slice(0, -1);
    for (const at of names.keys()) {
      await mkdir(join(this.#folder, ...names.slice(0, at + 1))).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }

  #path(key: string): string {
    return join(this.#folder, key);
  }
}

/** What a file system says that knows no second names of a file. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Gives a file a second name, if nothing has that. Where a file system has no second names it is copied under it. */
async function placeNew(path: string, target: string): Promise<boolean> {
  try {
    await link(path, target).catch(async (error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.has(error.code ?? '')) throw error;
      await copyFile(path, target, constants.COPYFILE_EXCL);
      await force(target);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
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
