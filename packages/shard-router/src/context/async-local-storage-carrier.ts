import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { ContextCarrier } from './carrier.ts';

/** The default carrier: Node's own. */
export function asyncLocalStorageCarrier<Frame>(): ContextCarrier<Frame> {
  const storage = new AsyncLocalStorage<Frame>();
  return {
    current: () => storage.getStore(),
    run: (frame, fn) => storage.run(frame, fn),
    bind: (fn) => AsyncResource.bind(fn as unknown as () => unknown) as unknown as typeof fn,
  };
}
