import { AsyncLocalStorage } from 'node:async_hooks';
import { bindResource } from './bind-resource.ts';
import type { ContextCarrier } from './carrier.ts';

/** The default carrier: Node's own. */
export function asyncLocalStorageCarrier<Frame>(): ContextCarrier<Frame> {
  const storage = new AsyncLocalStorage<Frame>();
  return {
    current: () => storage.getStore(),
    // Bound, not wrapped: a call more on the stack is felt where each statement captures it.
    run: storage.run.bind(storage) as ContextCarrier<Frame>['run'],
    bind: bindResource,
  };
}
