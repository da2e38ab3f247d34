import { join, resolve } from 'node:path';
import { DEFAULT_PARTS, type PartName } from '../parts/part-name.ts';
import { startStack } from '../stack/start.ts';
import { readState, stackDirOf } from '../stack/state.ts';
import type { MysqlFlavour } from '../versions.ts';
import { withoutPassword } from '../ways/url.ts';

/** The options of `up` as the command line gives them. */
export interface UpOptions {
  readonly name: string;
  readonly root: string;
  readonly shards?: number;
  readonly mysql?: MysqlFlavour;
  readonly replicas?: boolean;
  readonly mongodb?: number;
  readonly redis?: boolean;
  readonly connect?: boolean;
}

/** Starts a stack, telling what happens, and prints where everything is. */
export async function up(options: UpOptions): Promise<void> {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.stderr.write(`  ${name}: ending what was started\n`);
      interrupt.abort();
    });
  }
  const begun = performance.now();
  const wasThere = readState(stackDirOf(resolve(options.root), options.name)) !== null;
  const extra: PartName[] = [
    ...(options.redis ? ['redis' as const] : []),
    ...(options.connect ? ['connect' as const] : []),
  ];
  const stack = await startStack({
    name: options.name,
    checkoutRoot: options.root,
    parts: wasThere ? extra : [...DEFAULT_PARTS, ...extra],
    signal: interrupt.signal,
    onProgress: (message) => process.stderr.write(`  ${message}\n`),
    ...(options.shards === undefined ? {} : { shards: options.shards }),
    ...(options.mysql === undefined ? {} : { mysqlFlavour: options.mysql }),
    ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
    ...(options.mongodb === undefined ? {} : { mongodbMembers: options.mongodb }),
  });
  const lines = stack.parts
    .toSorted((left, right) => left.id.localeCompare(right.id))
    .map(
      ({ id, way, version, url }) =>
        `  ${id.padEnd(10)} ${way.padEnd(7)} ${version.padEnd(12)} ${withoutPassword(url)}`,
    );
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  process.stdout.write(
    [
      `stack "${stack.name}" is up (${seconds} s)`,
      ...lines,
      `  env file   ${join(stack.dir, 'env')}`,
      '',
    ].join('\n'),
  );
}
