import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchFailedError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import { ensureCached } from '../../ways/native/cache.ts';
import { copyArtifacts } from '../../ways/native/maven.ts';
import type { InstallContext } from '../part.ts';

/** A plugin path with the Debezium MySQL connector (its outbox EventRouter is in the same jars). */
export async function installDebezium(context: InstallContext): Promise<string> {
  const { version, maven } = versions.debezium;
  const { dir } = await ensureCached(context, {
    key: `debezium-${version}`,
    title: `Debezium ${version}`,
    recipe: [JSON.stringify(versions.debezium), versions.tools.mavenDependencyPlugin],
    fetch: async (into) => {
      context.report(`Debezium ${version}: fetching with Maven`);
      const folder = join(into, 'plugins/debezium-mysql');
      await copyArtifacts(context.run, [`${maven.artifact}:${version}`], folder);
      const jars = await readdir(folder);
      if (!jars.some((name) => name.startsWith('debezium-connector-mysql-'))) {
        throw new FetchFailedError(`Maven copied no connector of ${maven.artifact}:${version}`);
      }
      return { version };
    },
  });
  return join(dir, 'plugins');
}
