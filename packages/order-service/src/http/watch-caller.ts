/** How often to check whether the caller of an open answer may still be believed. Milliseconds. */
const EVERY_MS = 15_000;

/**
 * Calls `end` when a caller's token is no longer good, for example if its key was withdrawn. Returns a function that stops
 * the checks.
 */
export function watchCaller(isStillCaller: () => Promise<boolean>, end: () => void): () => void {
  const look = async () => {
    if (!(await isStillCaller())) end();
  };
  const timer = setInterval(() => void look(), EVERY_MS).unref();
  return () => clearInterval(timer);
}
