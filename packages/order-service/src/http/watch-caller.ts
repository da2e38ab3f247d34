/** How often it is looked whether the caller of what stays open may still be believed. Milliseconds. */
const EVERY_MS = 15_000;

/** Calls `end` once a caller's token is not good any more, such as by a key that was withdrawn; returns what stops the looks. */
export function watchCaller(isStillCaller: () => Promise<boolean>, end: () => void): () => void {
  const look = async () => {
    if (!(await isStillCaller())) end();
  };
  const timer = setInterval(() => void look(), EVERY_MS).unref();
  return () => clearInterval(timer);
}
