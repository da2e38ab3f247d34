const GATHER_MS = 20;
const IDLE_MS = 50;

/**
 * How long to wait before the next read. A full read is followed at once by the next; while rows come, 20 ms, which
 * gathers what commits together; then twice as long each time, up to 50 ms. With 2 ms, a shard of moderate load spent
 * more on being asked, and the broker more on messages one by one, than on the orders themselves.
 */
export function nextPause(previousMs: number, rows: number, limit: number): number {
  if (rows >= limit) return 0;
  if (rows > 0) return GATHER_MS;
  return Math.min(IDLE_MS, Math.max(GATHER_MS, previousMs * 2));
}

/** Pause before the next try after a failure: from 0.1 s, doubled each time, up to 5 s, less some jitter. */
export function retryPause(failures: number, random: () => number = Math.random): number {
  const ms = Math.min(5_000, 100 * 2 ** Math.min(failures, 10));
  return ms * (1 - random() / 2);
}
