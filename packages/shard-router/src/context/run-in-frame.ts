import type { ContextCarrier } from './carrier.ts';
import { endScope } from './lent.ts';
import { begun, isLazy } from './lazy.ts';
import type { Frame } from './scope.ts';

/** Runs `fn` in a frame, awaits what it returns inside it, and closes the frame. */
export async function runInFrame<T>(
  carrier: ContextCarrier<Frame>,
  frame: Frame,
  fn: () => T | PromiseLike<T>,
): Promise<T> {
  try {
    return await carrier.run(frame, () => {
      const value = fn();
      return isLazy(value) ? begun(value) : value;
    });
  } finally {
    endScope(frame.life);
  }
}
