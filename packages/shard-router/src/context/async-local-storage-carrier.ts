import { AsyncLocalStorage } from 'node:async_hooks';
import { bindResource } from './bind-resource.ts';
import type { ContextCarrier } from './carrier.ts';

/** The default carrier: Node's own. */
export function asyncLocalStorageCarrier<Frame>(): ContextCarrier<Frame> {
  const storage = new AsyncLocalStorage<Frame>();
  return {
    current: () => storage.getStore(),
    // Bound, not wrapped: every statement captures the stack here, so one more call on the stack costs time.
    run: storage.run.bind(storage) as ContextCarrier<Frame>['run'],
    bind: bindResource,
  };
}
