import { tokensOf } from './tokens.ts';

/** Verbs that leave a session as it was, except for its transaction, which the server's status shows. */
const HARMLESS =
  /^\s*(?:select|insert|update|delete|replace|with|table|values|commit|rollback|begin|start\s+transaction|savepoint|release\s+savepoint|show|explain|desc|describe|do)\b/i;
/** The router's own procedures, which leave nothing behind but the buckets of the transaction that is open. */
const OWN_CALL = /^call ordershard_\w+\(/i;
const VERBS = new Set(
  (
    'SELECT INSERT UPDATE DELETE REPLACE WITH TABLE VALUES COMMIT ROLLBACK BEGIN SAVEPOINT SHOW EXPLAIN DESC ' +
    'DESCRIBE DO'
  ).split(' '),
);
/** Takes a lock that the session holds until it gives it back: `GET_LOCK`, `service_get_write_locks`. */
const NAMED_LOCK = /get_(?:read_|write_)?lock/i;
/**
 * A part of the name of each of these functions. Without the flag for small and capital letters the test takes a tenth of the
 * time.
 */
const MAYBE_LOCK = /_[lL][oO][cC][kK]/;

/**
 * Whether a statement may leave something in its session that the next user of the connection would meet: a variable, a
 * setting, a lock, a temporary table, another database. For a statement that it does not know it returns true. It does not
 * see what a stored function does.
 *
 * It runs before each statement, so it decides nearly all statements without a tokenizer.
 */
export function mayChangeSession(text: string): boolean {
  if (!HARMLESS.test(text)) return !OWN_CALL.test(text) && changes(text);
  if (!text.includes(':=') && !MAYBE_LOCK.test(text) && !mayAssign(text) && !text.includes('/*!'))
    return false;
  return changes(text);
}

/** Whether `SELECT … INTO @variable` cannot be ruled out. */
function mayAssign(text: string): boolean {
  return text.includes('@') && /\binto\b/i.test(text) && !/^\s*(?:insert|replace)\b/i.test(text);
}

function changes(text: string): boolean {
  let verb: string | undefined;
  let last = '';
  for (const { kind, start, end } of tokensOf(text)) {
    const token = text.slice(start, end);
    if (kind === 'code' || kind === 'unclosed') return true;
    if (verb === undefined && token !== '(') {
      verb = kind === 'word' ? token.toUpperCase() : '';
      if (!VERBS.has(verb) && verb !== 'START' && verb !== 'RELEASE') return true;
    }
    if (kind === 'word' && NAMED_LOCK.test(token)) return true;
    if (kind === 'variable' && /^into$/i.test(last)) return true;
    if (token === '=' && last === ':') return true;
    last = kind === 'word' || kind === 'mark' ? token : '';
  }
  return false;
}
