import { shareCompileCache } from '../process/compile-cache.ts';
import { startStack } from '../stack/start.ts';
import { holdStack } from './held-stack.ts';
import { partsOfRun } from './parts-of-run.ts';

/** The part of Jest's configuration of a run that the set-up reads. */
interface RunConfig {
  /** The paths that the run was asked for. */
  readonly testPathPatterns: { readonly patterns: readonly string[] };
}

/**
 * Jest's global set-up: starts one ephemeral stack for the whole run, with the parts that the run needs, and puts its
 * variables into `process.env`, which the workers inherit. Servers that the user names by URL are used as they are;
 * `ORDERSHARD_MYSQL` says which MySQL the others are.
 */
export default async function globalSetup({ testPathPatterns }: RunConfig): Promise<void> {
  shareCompileCache();
  const stack = await startStack({
    ephemeral: true,
    parts: partsOfRun(testPathPatterns.patterns),
    onProgress: (message) => process.stderr.write(`stack: ${message}\n`),
  });
  holdStack(stack);
  Object.assign(process.env, stack.env);
}
