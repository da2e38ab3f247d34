import { join } from 'node:path';
import { FetchFailedError, reasonOf, ToolMissingError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import { ensureCached } from '../../ways/native/cache.ts';
import { requireJava } from '../../ways/native/java.ts';
import { copyArtifacts } from '../../ways/native/maven.ts';
import type { InstallContext } from '../part.ts';

/** Kafka's jars; Kafka Connect runs from the same ones. */
export interface KafkaInstall {
  readonly version: string;
  readonly java: string;
  /** For `-cp`. */
  readonly classPath: string;
}

/** Fetches the pinned version by Maven, or the next of the list when that is not available. */
export async function installKafka(context: InstallContext): Promise<KafkaInstall> {
  const java = await requireJava(context.run);
  const pin = versions.kafka;
  const { dir, version } = await ensureCached(context, {
    key: `kafka-${pin.version}`,
    title: `Kafka ${pin.version}`,
    recipe: [JSON.stringify(pin), versions.tools.mavenDependencyPlugin],
    fetch: async (into) => ({ version: await fetchFirst(context, into, java) }),
  });
  if (version !== pin.version)
    context.report(`Kafka ${pin.version} could not be fetched; ${version} is used`);
  return { version, java, classPath: join(dir, version, '*') };
}

async function fetchFirst(context: InstallContext, into: string, java: string): Promise<string> {
  const tried: string[] = [];
  for (const version of [versions.kafka.version, ...(versions.kafka.alsoAccepted ?? [])]) {
    const folder = join(into, version);
    const { artifacts, logging } = versions.kafka.maven;
    try {
      context.report(`Kafka ${version}: fetching with Maven`);
      await copyArtifacts(
        context.run,
        [...artifacts.map((artifact) => `${artifact}:${version}`), logging],
        folder,
      );
      // Run here and not on every start: a JVM takes half a second, and the start of the broker proves as much.
      await context.run({
        command: java,
        args: ['-cp', join(folder, '*'), 'kafka.Kafka', '--version'],
        installs: 'java',
      });
      return version;
    } catch (error) {
      if (error instanceof ToolMissingError) throw error;
      tried.push(`${version}: ${reasonOf(error)}`);
    }
  }
  throw new FetchFailedError(`Kafka with Maven: ${tried.join('; ')}`);
}
