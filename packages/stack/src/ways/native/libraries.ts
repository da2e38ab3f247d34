import { readdir, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FetchFailedError, reasonOf, ToolFailedError } from '../../errors.ts';
import type { InstallContext } from '../../parts/part.ts';
import { readRelease } from './apt-sources.ts';
import { PrivateApt } from './apt.ts';
import { ensureCached } from './cache.ts';
import { privateLoader, type Loader } from './loader.ts';

/**
 * Runs a program once (as a rule with `--version`). When the system lacks a library that the program needs, fetches the
 * libraries from the machine's own release into a private root and runs the program with those.
 *
 * @param packages for each library the package names to look for; the first that the release has is taken
 * @param first library folders of the program itself
 */
export async function runsOrNeedsLibraries(
  context: InstallContext,
  name: string,
  program: string,
  probe: readonly string[],
  packages: readonly (readonly string[])[],
  first: readonly string[] = [],
): Promise<Loader> {
  const plain: Loader = { command: program, args: [] };
  const env = first.length > 0 ? { LD_LIBRARY_PATH: first.join(':') } : {};
  try {
    await context.run({ command: program, args: probe, installs: name, env });
    return plain;
  } catch (error) {
    if (!(error instanceof ToolFailedError) || !/error while loading shared libraries/.test(error.message))
      throw error;
  }
  const root = await ensureLibraries(context, name, packages);
  const loader = privateLoader(root, program, first);
  try {
    await context.run({ command: loader.command, args: [...loader.args, ...probe], installs: name });
    return loader;
  } catch (error) {
    throw new FetchFailedError(`${name} does not run with fetched libraries: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function ensureLibraries(
  context: InstallContext,
  name: string,
  packages: readonly (readonly string[])[],
): Promise<string> {
  const { codename } = readRelease();
  const { dir } = await ensureCached(context, {
    key: `libraries-${name}-${codename}`,
    title: `libraries of ${name}`,
    recipe: packages.map((names) => names.join('|')),
    fetch: async (into) => {
      context.report(`${name}: this system lacks libraries of it, fetching them`);
      const apt = await PrivateApt.open(join(into, 'apt'), context.run, 'own');
      const chosen: string[] = [];
      for (const names of packages) chosen.push(await firstOffered(apt, names));
      await apt.unpack(chosen, into);
      await rm(join(into, 'apt'), { recursive: true, force: true });
      await linkOldNames(into);
      return { version: codename };
    },
  });
  return dir;
}

async function firstOffered(apt: PrivateApt, names: readonly string[]): Promise<string> {
  for (const name of names) {
    if ((await apt.versions(name)).length > 0) return name;
  }
  throw new FetchFailedError(`the machine's apt sources have none of ${names.join(', ')}`);
}

/** Newer releases call `libaio.so.1` `libaio.so.1t64`; for 64-bit programs they are the same. */
async function linkOldNames(root: string): Promise<void> {
  for (const folder of ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((path) => join(root, path))) {
    if (!existsSync(folder)) continue;
    for (const file of (await readdir(folder)).filter((name) => /\.so\.\d+t64$/.test(name))) {
      const old = join(folder, file.replace(/t64$/, ''));
      if (!existsSync(old)) await symlink(file, old);
    }
  }
}
