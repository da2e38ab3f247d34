import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchFailedError } from '../../errors.ts';
import type { InstallContext } from '../../parts/part.ts';
import { upstreamOf, type PinnedServer } from '../../versions.ts';
import { readRelease } from './apt-sources.ts';
import { PrivateApt } from './apt.ts';
import { ensureCached } from './cache.ts';
import { privateLoader } from './loader.ts';

/** A server that is packaged in the machine's own release. */
export interface ReleasePackage {
  readonly title: string;
  readonly key: string;
  readonly pin: PinnedServer;
  readonly packageName: string;
  /** Path of its program in the package. */
  readonly program: string;
  /** Arguments with which the program only tells its version. */
  readonly probe: readonly string[];
}

/**
 * A package of the machine's own release, with all it depends on, in a private root of the cache. The release decides the
 * version: the pinned version is taken when the release has it; otherwise the version used is reported.
 */
export async function fetchFromOwnRelease(
  context: InstallContext,
  wanted: ReleasePackage,
): Promise<{ dir: string; version: string }> {
  const { codename } = readRelease();
  const { title, pin, packageName } = wanted;
  const found = await ensureCached(context, {
    key: `${wanted.key}-${pin.version}-${codename || 'unknown'}`,
    title: `${title} ${pin.version}`,
    recipe: [JSON.stringify(pin), packageName],
    fetch: async (into) => {
      context.report(`${title} ${pin.version}: reading the package lists of ${codename || 'this release'}`);
      const apt = await PrivateApt.open(join(into, 'apt'), context.run, 'own');
      const chosen = await apt.choose(packageName, pin);
      if (chosen === undefined) {
        const offered = (await apt.versions(packageName)).join(', ') || 'none';
        throw new FetchFailedError(`${packageName} ${pin.version} or alike: ${codename} offers ${offered}`);
      }
      context.report(`${title} ${upstreamOf(chosen.version)}: fetching ${packageName} ${chosen.version}`);
      await apt.unpack([`${packageName}=${chosen.version}`], into);
      await rm(join(into, 'apt'), { recursive: true, force: true });
      await rm(join(into, 'usr/share/doc'), { recursive: true, force: true });
      return { version: chosen.version };
    },
    probe: async (root) => {
      const { command, args } = privateLoader(root, join(root, wanted.program));
      await context.run({ command, args: [...args, ...wanted.probe], installs: packageName });
    },
  });
  const shown = upstreamOf(found.version);
  if (shown !== pin.version)
    context.report(`${title} ${pin.version} is not what ${codename} offers; ${shown} is used`);
  return found;
}
