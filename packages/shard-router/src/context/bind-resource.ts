import { AsyncResource } from 'node:async_hooks';

/**
 * `fn`, to run in the asynchronous context that is current now. `AsyncResource.bind` does the same and takes 3 µs instead
 * of 0.05, because it defines properties on the function that it gives.
 */
export function bindResource<F extends (...args: never[]) => unknown>(fn: F): F {
  const resource = new AsyncResource('OrdershardCallback');
  const call = fn as unknown as (...args: unknown[]) => unknown;
  return ((...args: unknown[]) => resource.runInAsyncScope(call, undefined, ...args)) as unknown as F;
}
