import { TransactionControlError } from '../errors.ts';
import { parseControl } from './parse-control.ts';

/** What the next transaction of a connection is to be. */
export interface TransactionModes {
  readonly access: 'read only' | 'read write' | undefined;
  /** The isolation level, in the words of SQL. */
  readonly isolation?: string | undefined;
  /** Whether its reads are to see one moment. */
  readonly snapshot?: boolean;
}

/** What a statement does to the transaction, or to the session, of its connection. */
export type TransactionControl =
  | { readonly do: 'begin'; readonly modes: TransactionModes }
  | { readonly do: 'commit' | 'rollback' }
  /** Names of savepoints are the same in any case. */
  | { readonly do: 'savepoint' | 'rollback to' | 'release'; readonly name: string }
  /** `SET TRANSACTION`: the next transaction is to be so. */
  | { readonly do: 'set next'; readonly modes: TransactionModes }
  /** What must not be sent, and why. */
  | { readonly do: 'refuse'; readonly why: string };

/** The verbs of nearly every statement, by the letters that tell them from all others. */
const ORDINARY = /^(?:sel|inse|upd|del|repl|with|sho|exp)/i;

/** Texts that were looked at lately; a program has few that control its transactions. */
const seen = new Map<string, TransactionControl | undefined>();
const MAX_SEEN = 500;
const MAX_SEEN_LENGTH = 500;

/**
 * Returns what a statement does to its transaction; undefined when it leaves the transaction alone and may be sent as it is.
 * It reads the verb by tokens, so that comments around and inside the statement change nothing. It refuses a statement that
 * may begin, chain, end or set a transaction and is not understood. It also refuses every verb that is not known to leave the
 * transaction alone.
 *
 * It runs before each statement: the first letters decide nearly all of them.
 */
export function transactionControl(sql: string): TransactionControl | undefined {
  // The router's own variables are set by nobody else.
  if (ORDINARY.test(sql) && !sql.includes('@')) return undefined;
  const known = seen.get(sql);
  if (known !== undefined || seen.has(sql)) return known;
  const control = parseControl(sql);
  if (sql.length <= MAX_SEEN_LENGTH) {
    if (seen.size === MAX_SEEN) seen.clear();
    seen.set(sql, control);
  }
  return control;
}

/**
 * Returns why a statement cannot be sent where its caller does not control the transaction; undefined when the statement
 * leaves the transaction alone.
 */
export function controlRefusal(sql: string): TransactionControlError | undefined {
  const control = transactionControl(sql);
  if (control === undefined) return undefined;
  return new TransactionControlError(
    control.do === 'refuse'
      ? control.why
      : 'a transaction needs a connection of its own: take one with getConnection, or use router.transaction',
  );
}
