import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FetchFailedError, ToolFailedError, ToolMissingError } from '../../errors.ts';
import type { ToolRunner } from '../../process/run-tool.ts';

/** A wheel of which the contents are pinned. */
export interface PinnedWheel {
  readonly project: string;
  readonly version: string;
  readonly sha256: string;
}

const PIPS: readonly (readonly [string, ...string[]])[] = [['pip3'], ['pip'], ['python3', '-m', 'pip']];

/** Downloads a wheel with the user's pip and settings, and checks it. Returns the file. */
export async function downloadWheel(run: ToolRunner, wheel: PinnedWheel, into: string): Promise<string> {
  const [command, ...first] = await findPip(run);
  // The wheel is for one platform only; pip must not look for sources of it, nor build them.
  const options = ['download', '--no-deps', '--only-binary=:all:', '--dest', into, '--quiet'];
  await run({
    command,
    args: [...first, ...options, `${wheel.project}==${wheel.version}`],
    installs: 'python3-pip',
  });
  const name = (await readdir(into)).find((file) => file.endsWith('.whl'));
  if (name === undefined) throw new FetchFailedError(`pip downloaded no wheel of ${wheel.project}`);
  await checkSha256(join(into, name), wheel.sha256);
  return join(into, name);
}

async function findPip(run: ToolRunner): Promise<readonly [string, ...string[]]> {
  for (const pip of PIPS) {
    const [command, ...args] = pip;
    try {
      await run({ command, args: [...args, '--version'], installs: 'python3-pip' });
      return pip;
    } catch (error) {
      if (!(error instanceof ToolMissingError || error instanceof ToolFailedError)) throw error;
    }
  }
  throw new ToolMissingError('pip', 'python3-pip');
}

/** @throws FetchFailedError when the file is not the pinned one */
export async function checkSha256(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const found = hash.digest('hex');
  if (found !== expected)
    throw new FetchFailedError(`${path} has SHA-256 ${found}, but ${expected} is pinned`);
}
