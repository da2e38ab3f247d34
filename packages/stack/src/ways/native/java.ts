import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ToolMissingError } from '../../errors.ts';
import type { ToolRunner } from '../../process/run-tool.ts';
import { versions } from '../../versions.ts';

/** The `java` to run: JAVA_HOME's, else the one on the path. @throws ToolMissingError when missing or too old */
export async function requireJava(run: ToolRunner): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const own = home ? join(home, 'bin/java') : '';
  const command = own !== '' && existsSync(own) ? own : 'java';
  const installs = 'default-jre-headless';
  const { stderr } = await run({ command, args: ['-version'], installs });
  const release = javaRelease(stderr);
  if (release >= versions.kafka.java) return command;
  const detail = `${command} is Java ${release || 'of unknown version'}; Kafka needs ${versions.kafka.java} or newer`;
  throw new ToolMissingError('java', installs, detail);
}

/** The feature release from what `java -version` says: 17 of `"17.0.15"`, 8 of `"1.8.0_402"`. */
export function javaRelease(text: string): number {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return Number(match?.[1] ?? 0);
}
