import { takeHeldStack } from './held-stack.ts';

/** Jest's global tear-down: ends the stack of the run and removes its data. */
export default async function globalTeardown(): Promise<void> {
  await takeHeldStack()?.stop();
}
