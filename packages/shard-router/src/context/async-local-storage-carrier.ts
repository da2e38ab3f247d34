import { AsyncLocalStorage } from 'node:async_hooks';
import { bindResource } from './bind-resource.ts';
import type { ContextCarrier } from './carrier.ts';

/** The default carrier: Node's own. */
export function asyncLocalStorageCarrier<Frame>(): ContextCarrier<Frame> {
  const storage = new AsyncLocalStorage<Frame>();
  return {
    current: () => storage.getStore(),
    run: (frame, fn) => storage.run(frame, fn),
    bind: bindResource,
  };
}
