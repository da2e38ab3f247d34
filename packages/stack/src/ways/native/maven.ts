import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolRunner } from '../../process/run-tool.ts';
import { versions } from '../../versions.ts';

/** A coordinate as Maven writes it: group:artifact:version. */
export type Coordinate = string;

/**
 * Puts artifacts and all that they need into one folder, by way of the user's Maven, its settings and its
 * repositories. Checksums that do not match fail it (`-C`).
 */
export async function copyArtifacts(
  run: ToolRunner,
  coordinates: readonly Coordinate[],
  into: string,
  transitive = true,
): Promise<void> {
  const project = join(into, 'pom');
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'pom.xml'), projectOf(coordinates));
  const goal = `${versions.tools.mavenDependencyPlugin}:copy-dependencies`;
  const options = [`-DoutputDirectory=${into}`, ...(transitive ? [] : ['-DexcludeTransitive=true'])];
  await run({ command: 'mvn', args: ['-B', '-q', '-C', goal, ...options], cwd: project, installs: 'maven' });
}

/** Returns the text of a project that has only dependencies. */
export function projectOf(coordinates: readonly Coordinate[]): string {
  const dependencies = coordinates.map((coordinate) => {
    const [group = '', artifact = '', version = ''] = coordinate.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '<modelVersion>4.0.0</modelVersion>',
    '<groupId>ordershard</groupId><artifactId>fetch</artifactId><version>1</version><packaging>pom</packaging>',
    `<dependencies>${dependencies.join('')}</dependencies>`,
    '</project>',
    '',
  ].join('\n');
}
