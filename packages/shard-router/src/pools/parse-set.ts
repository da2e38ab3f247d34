import { tokensOf } from '../statement/tokens.ts';
import { parseModes } from './parse-modes.ts';
import type { TransactionControl } from './transaction-control.ts';

/** Settings on which transactions, fences, or the reading of texts depend, and those that keep a write from replicas. */
const FIXED = new Set(
  (
    'AUTOCOMMIT COMPLETION_TYPE TRANSACTION_ISOLATION TRANSACTION_READ_ONLY TX_ISOLATION TX_READ_ONLY GTID_NEXT SQL_MODE ' +
    'CHARSET CHARACTER_SET_CLIENT CHARACTER_SET_CONNECTION SQL_LOG_BIN SKIP_REPLICATION WSREP_ON'
  ).split(' '),
);
const FIXED_FORMS = new Set([
  'GLOBAL',
  'PERSIST',
  'PERSIST_ONLY',
  'STATEMENT',
  'PASSWORD',
  'CHARACTER',
  'NAMES',
]);

/**
 * What a SET does; undefined when it may be sent. One that names a setting that must not change is refused, whatever it
 * does with it.
 *
 * @param rest the tokens after SET, words in capitals
 */
export function parseSet(sql: string, rest: readonly string[]): TransactionControl | undefined {
  const [first = '', second] = rest;
  if (first === 'TRANSACTION') {
    const modes = parseModes(rest.slice(1));
    if (modes !== undefined && modes.snapshot !== true && rest.length > 1) return { do: 'set next', modes };
    return { do: 'refuse', why: 'SET TRANSACTION is not understood' };
  }
  if (second === 'TRANSACTION')
    return { do: 'refuse', why: `SET ${first} TRANSACTION would outlast this connection` };
  if (FIXED_FORMS.has(first) && !(first === 'NAMES' && /^'?"?UTF8MB[34]'?"?$/i.test(second ?? '')))
    return { do: 'refuse', why: `SET ${first} must not be changed on a pooled connection` };
  for (const { kind, start, end } of tokensOf(sql)) {
    if (kind === 'code' || kind === 'unclosed')
      return { do: 'refuse', why: 'SET with such a comment is not understood' };
    const name = sql
      .slice(start, end)
      .replaceAll('`', '')
      .split('.')
      .at(-1)!
      .replace(/^@+/, '')
      .toUpperCase();
    if (kind !== 'text' && FIXED.has(name))
      return { do: 'refuse', why: `${name} must not be changed on a pooled connection` };
    if (kind === 'variable' && /^@@(?:global|persist|persist_only)\./i.test(sql.slice(start, end)))
      return { do: 'refuse', why: 'a setting of the server must not be changed here' };
  }
  return undefined;
}
