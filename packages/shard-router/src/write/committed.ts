import type { ResultSetHeader } from 'mysql2';

/** The flag of an answer that says that a transaction is open. */
const IN_TRANSACTION = 1;

/**
 * Whether the answers to a merged text say that it was one transaction, and that it was committed: one for each statement,
 * with a transaction open after each but the last.
 */
export function isCommitted(results: readonly ResultSetHeader[], statements: number): boolean {
  return (
    Array.isArray(results) &&
    results.length === statements &&
    results.every(
      ({ serverStatus }, index) =>
        (serverStatus & IN_TRANSACTION) === (index < statements - 1 ? IN_TRANSACTION : 0),
    )
  );
}
