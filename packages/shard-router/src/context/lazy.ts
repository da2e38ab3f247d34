/** Whether awaiting a value may start its work, as with a lazily built query. A native promise has started already. */
export function isLazy<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  if (typeof (value as { then?: unknown } | null | undefined)?.then !== 'function') return false;
  return Object.getPrototypeOf(value) !== Promise.prototype;
}

/** Starts the work of a lazy value where this is called, and returns a promise of its result. */
export async function begun<T>(value: PromiseLike<T>): Promise<T> {
  return await value;
}
