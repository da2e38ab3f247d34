import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { FetchFailedError, reasonOf } from '../../errors.ts';
import { withLock } from '../../process/lock.ts';

/** How often the size of a running fetch is reported. Milliseconds. */
const REPORT_EVERY_MS = 2_000;

/** The folder of this user's cache: `ORDERSHARD_CACHE`, else the XDG cache home, else `~/.cache`. */
export function cacheRootOf(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['ORDERSHARD_CACHE'];
  if (own) return own;
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'ordershard');
}

/** Something that is fetched or made once and then used from the cache. */
export interface CacheEntry {
  /** Folder name in the cache. */
  readonly key: string;
  readonly title: string;
  /** Whatever decides the contents: another recipe is another entry. */
  readonly recipe: readonly string[];
  /** Fills an empty folder and resolves to the version that it got. */
  fetch(into: string): Promise<{ readonly version: string }>;
  /** Throws when the contents of the folder cannot be used; usually runs the program with `--version`. */
  probe?(dir: string): Promise<void>;
}

/** Written last into a complete entry: what was fetched and which files it has, with their sizes in bytes. */
interface Manifest {
  readonly version: string;
  readonly files: Readonly<Record<string, number>>;
}

interface CacheContext {
  readonly cacheRoot: string;
  readonly report: (message: string) => void;
}

const MANIFEST = 'manifest.json';

/**
 * Returns the folder of an entry. Fetches the entry first when it is missing or not complete. It is filled under another name
 * and renamed when complete; two processes that want the same entry fetch it once.
 * @throws FetchFailedError when the fetched entry does not pass its probe
 */
export async function ensureCached(
  context: CacheContext,
  entry: CacheEntry,
): Promise<{ dir: string; version: string }> {
  const hash = createHash('sha256').update(JSON.stringify(entry.recipe)).digest('hex').slice(0, 8);
  const dir = join(context.cacheRoot, `${entry.key}-${hash}`);
  const underWay = here.get(dir) ?? lookUp(context, entry, dir).finally(() => here.delete(dir));
  here.set(dir, underWay);
  return underWay;
}

/** The look-ups under way in this process: two servers of one kind share one. */
const here = new Map<string, Promise<{ dir: string; version: string }>>();

async function lookUp(
  context: CacheContext,
  entry: CacheEntry,
  dir: string,
): Promise<{ dir: string; version: string }> {
  const before = await usable(dir, entry);
  if (before !== null) return { dir, version: before.version };
  const onWait = (): void => context.report(`${entry.title}: another process is fetching it, waiting`);
  return withLock(
    dir,
    async () => {
      const now = await usable(dir, entry);
      if (now !== null) return { dir, version: now.version };
      return { dir, version: await fill(context, entry, dir) };
    },
    onWait,
  );
}

async function usable(dir: string, entry: CacheEntry): Promise<Manifest | null> {
  const manifest = await readManifest(dir);
  if (manifest === null || !(await isWhole(dir, manifest))) return null;
  try {
    await entry.probe?.(dir);
    return manifest;
  } catch {
    return null;
  }
}

async function fill(context: CacheContext, entry: CacheEntry, dir: string): Promise<string> {
  await mkdir(context.cacheRoot, { recursive: true, mode: 0o700 });
  await removeLeftOvers(context.cacheRoot, dir);
  const temporary = await mkdtemp(`${dir}.partial-`);
  const stopReporting = reportSize(context, entry.title, temporary);
  try {
    const { version } = await entry.fetch(temporary);
    await probeFresh(entry, temporary);
    const files = Object.fromEntries(await sizesOf(temporary));
    await writeFile(join(temporary, MANIFEST), JSON.stringify({ version, files } satisfies Manifest));
    await rm(dir, { recursive: true, force: true });
    await rename(temporary, dir);
    return version;
  } finally {
    stopReporting();
    await rm(temporary, { recursive: true, force: true });
  }
}

async function probeFresh(entry: CacheEntry, dir: string): Promise<void> {
  try {
    await entry.probe?.(dir);
  } catch (error) {
    throw new FetchFailedError(`${entry.title} was fetched but does not run: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Removes folders of fetches that were cut off. The lock is held, so nobody is filling them. */
async function removeLeftOvers(cacheRoot: string, dir: string): Promise<void> {
  for (const name of await readdir(cacheRoot)) {
    const path = join(cacheRoot, name);
    if (path.startsWith(`${dir}.partial-`)) await rm(path, { recursive: true, force: true });
  }
}

function reportSize(context: CacheContext, title: string, dir: string): () => void {
  let shown = 0;
  const tell = async (): Promise<void> => {
    const sizes = await sizesOf(dir);
    const megabytes = Math.round(sizes.reduce((sum, [, size]) => sum + size, 0) / 1_000_000);
    if (megabytes !== shown) context.report(`${title}: ${megabytes} MB so far`);
    shown = megabytes;
  };
  // A file that disappears during the look is no error.
  const timer = setInterval(() => void tell().catch(() => undefined), REPORT_EVERY_MS);
  return () => clearInterval(timer);
}

async function readManifest(dir: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(join(dir, MANIFEST), 'utf8')) as Manifest;
  } catch {
    return null;
  }
}

async function isWhole(dir: string, manifest: Manifest): Promise<boolean> {
  const there = new Map(await sizesOf(dir));
  return Object.entries(manifest.files).every(([path, size]) => there.get(path) === size);
}

/** Every file below a folder with its size in bytes, links left out. */
async function sizesOf(dir: string): Promise<[string, number][]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (path) => [relative(dir, path), (await stat(path)).size] as [string, number]),
  );
}
