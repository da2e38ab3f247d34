/** How close to its time a call is made, milliseconds. */
const TICK_MS = 2;

/**
 * Makes `perSecond` calls a second for a while, whether earlier ones were answered or not. Resolves when each was answered.
 *
 * @param call gets the time when it was due, on the clock of `performance.now()`
 */
export async function steadily<T>(
  perSecond: number,
  ms: number,
  call: (dueAt: number) => Promise<T>,
): Promise<T[]> {
  const from = performance.now();
  const count = Math.floor((ms / 1_000) * perSecond);
  const calls: Promise<T>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - from) / 1_000) * perSecond);
      while (calls.length < Math.min(due, count)) {
        const made = call(from + ((calls.length + 1) / perSecond) * 1_000);
        // What one throws is thrown when all have been made.
        made.catch(() => undefined);
        calls.push(made);
      }
      if (calls.length < count) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  return Promise.all(calls);
}
