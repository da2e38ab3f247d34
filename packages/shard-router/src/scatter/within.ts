/**
 * Settles as `work` does, unless a time passes or a signal comes first: then it rejects with the error of `late`, or with the
 * signal's reason. The work itself goes on, and its outcome is dropped.
 */
export function within<T>(
  work: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => settle(() => reject(signal.reason as Error));
    const timer = setTimeout(() => settle(() => reject(late())), timeoutMs);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      how();
    };
    signal.addEventListener('abort', abort);
    work.then(
      (value) => settle(() => resolve(value)),
      (error: Error) => settle(() => reject(error)),
    );
    if (signal.aborted) abort();
  });
}
