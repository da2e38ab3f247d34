/** What one batch may hold. */
export interface BatchLimits {
  readonly bytes: number;
  readonly count?: number;
}

/**
 * Cuts items into batches, in their order, so that no batch holds more than its limits. An item that is too large by itself
 * is a batch alone.
 */
export function batchesOf<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  { bytes: maxBytes, count = Infinity }: BatchLimits,
): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (batch.length > 0 && (bytes + size > maxBytes || batch.length >= count)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
