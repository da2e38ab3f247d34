/** Whether awaiting a value may be what starts it, as with a lazily built query; a promise of Node's has started. */
export function isLazy<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  if (typeof (value as { then?: unknown } | null | undefined)?.then !== 'function') return false;
  return Object.getPrototypeOf(value) !== Promise.prototype;
}

/** Starts a lazy value where this is called, and gives a promise of it. */
export async function begun<T>(value: PromiseLike<T>): Promise<T> {
  return await value;
}
