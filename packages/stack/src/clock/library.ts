import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClockUnavailableError, FetchFailedError, reasonOf } from '../errors.ts';
import type { InstallContext } from '../parts/part.ts';
import { readRelease } from '../ways/native/apt-sources.ts';
import { PrivateApt } from '../ways/native/apt.ts';
import { ensureCached } from '../ways/native/cache.ts';

const PACKAGE = 'libfaketime';
/** The build for programs with threads, which protects the state that it keeps between calls. */
const IN_PACKAGE = 'usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const FILE = 'libfaketimeMT.so.1';
const PROBE_YEAR = '2031';

/**
 * Fetches the library that stands between a program and the system's clock: libfaketime, from the machine's own release. It
 * also runs in programs of newer releases, such as the private mysqld. Returns its path.
 *
 * @throws ClockUnavailableError when it cannot be fetched
 */
export async function ensureClockLibrary(context: InstallContext): Promise<string> {
  const { codename } = readRelease();
  try {
    const { dir } = await ensureCached(context, {
      key: `${PACKAGE}-${codename || 'unknown'}`,
      title: 'clock library',
      recipe: [PACKAGE, IN_PACKAGE],
      fetch: async (into) => {
        context.report(`clock library: fetching ${PACKAGE} of ${codename || 'this release'}`);
        const work = join(into, 'work');
        const apt = await PrivateApt.open(join(work, 'apt'), context.run, 'own');
        const [version = 'unknown'] = await apt.versions(PACKAGE);
        await apt.unpack([PACKAGE], join(work, 'root'));
        await copyFile(join(work, 'root', IN_PACKAGE), join(into, FILE));
        await rm(work, { recursive: true, force: true });
        return { version };
      },
      probe: async (root) => probe(context, join(root, FILE)),
    });
    return join(dir, FILE);
  } catch (error) {
    throw new ClockUnavailableError(`its library cannot be had: ${reasonOf(error)}`, { cause: error });
  }
}

async function probe(context: InstallContext, library: string): Promise<void> {
  const { stdout } = await context.run({
    command: 'date',
    args: ['-u', '+%Y'],
    installs: 'coreutils',
    env: { LD_PRELOAD: library, FAKETIME: `@${PROBE_YEAR}-07-01 00:00:00` },
  });
  if (stdout.trim() !== PROBE_YEAR)
    throw new FetchFailedError(`with ${library} the year is ${stdout.trim()}`);
}
