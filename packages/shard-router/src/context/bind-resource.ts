import { AsyncResource } from 'node:async_hooks';

/**
 * Returns a function that runs `fn` in the asynchronous context of now. `AsyncResource.bind` does the same, but takes 3 µs
 * instead of 0.05, because it defines properties on the function that it returns.
 */
export function bindResource<F extends (...args: never[]) => unknown>(fn: F): F {
  const resource = new AsyncResource('OrdershardCallback');
  const call = fn as unknown as (...args: unknown[]) => unknown;
  return ((...args: unknown[]) => resource.runInAsyncScope(call, undefined, ...args)) as unknown as F;
}
