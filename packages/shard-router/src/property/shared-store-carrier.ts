import { AsyncLocalStorage } from 'node:async_hooks';
import type { ContextCarrier } from '../context/carrier.ts';

/**
 * A carrier with the bug that the schedules must catch: all scopes within the outermost one share a store, which each
 * changes when it begins and puts back when it ends. Siblings that run at once find each other's frames.
 */
export function sharedStoreCarrier<Frame>(): ContextCarrier<Frame> {
  const storage = new AsyncLocalStorage<{ frame: Frame | undefined }>();
  return {
    current: () => storage.getStore()?.frame,
    run: (frame, fn) => {
      const store = storage.getStore();
      if (store === undefined) return storage.run({ frame }, fn);
      const before = store.frame;
      store.frame = frame;
      const result = fn();
      void Promise.resolve(result)
        .catch(() => undefined)
        .then(() => (store.frame = before));
      return result;
    },
    bind: (fn) => AsyncLocalStorage.bind(fn as never) as typeof fn,
  };
}
