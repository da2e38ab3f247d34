/** Returns the root cause of an error of the client, which wraps each failure of each of its tries. */
export function reasonOf(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 20; depth += 1) {
    const next: unknown =
      inner instanceof AggregateError ? inner.errors.at(-1) : (inner as Error | undefined)?.cause;
    if (!(next instanceof Error)) break;
    inner = next;
  }
  return inner instanceof Error ? inner.message : String(inner);
}
