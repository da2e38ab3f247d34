import { startStack } from '../stack/start.ts';
import { holdStack } from './held-stack.ts';

/**
 * Jest's global set-up: one ephemeral stack for the whole run, its variables in `process.env`, which the workers
 * inherit. Servers that the user names by URL are used as they are.
 */
export default async function globalSetup(): Promise<void> {
  const stack = await startStack({
    ephemeral: true,
    onProgress: (message) => process.stderr.write(`stack: ${message}\n`),
  });
  holdStack(stack);
  Object.assign(process.env, stack.env);
}
