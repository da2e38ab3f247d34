import type { Stack } from '../stack/stack.ts';

/** Jest loads set-up and tear-down in registries of their own; the global object is all that they share. */
const KEY = Symbol.for('ordershard.stack.held');

type Holder = { [KEY]?: Stack };

export function holdStack(stack: Stack): void {
  (globalThis as Holder)[KEY] = stack;
}

/** The stack that the set-up held, once. */
export function takeHeldStack(): Stack | undefined {
  const holder = globalThis as Holder;
  const stack = holder[KEY];
  delete holder[KEY];
  return stack;
}
