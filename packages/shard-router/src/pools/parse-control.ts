import { type Token, tokensOf } from '../statement/tokens.ts';
import { parseSet } from './parse-set.ts';
import { parseModes } from './parse-modes.ts';
import type { TransactionControl } from './transaction-control.ts';

/** Verbs of statements that leave the transaction alone. */
const ORDINARY = new Set(
  (
    'SELECT INSERT UPDATE DELETE REPLACE WITH VALUES VALUE TABLE SHOW EXPLAIN DESC DESCRIBE DO HANDLER KILL HELP ' +
    'CHECKSUM SIGNAL RESIGNAL GET'
  ).split(' '),
);

const COMMITS = 'commits whatever transaction is open: use migrateShards, or onShard';
const BY_CALL = 'is not for pooled connections: use beginTransaction, commit and rollback';

/** Verbs of statements that are never sent, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    (
      'ALTER CREATE DROP RENAME TRUNCATE OPTIMIZE REPAIR CHECK CACHE INSTALL UNINSTALL GRANT REVOKE FLUSH RESET IMPORT ' +
      'CLONE STOP CHANGE PURGE SHUTDOWN RESTART BINLOG BACKUP'
    )
      .split(' ')
      .map((verb) => [verb, COMMITS]),
  ),
  LOCK: COMMITS,
  UNLOCK: COMMITS,
  XA: BY_CALL,
  PREPARE: 'hides what it runs: use execute',
  EXECUTE: 'hides what it runs: use execute',
  DEALLOCATE: 'hides what it runs: use execute',
  USE: 'would send what follows to another database',
};

function refuse(why: string): TransactionControl {
  return { do: 'refuse', why };
}

/** The tokens of a control statement: words in capitals, names without their quotes. No semicolon at the end. */
function partsOf(sql: string): readonly string[] {
  const parts: string[] = [];
  for (const { kind, start, end } of tokensOf(sql)) {
    const text = sql.slice(start, end);
    if (kind === 'word') parts.push(text.toUpperCase());
    else parts.push(kind === 'name' ? text.slice(1, -1) : text);
  }
  while (parts.at(-1) === ';') parts.pop();
  return parts;
}

/** The first token that is no bracket. */
function firstOf(sql: string): Token | undefined {
  for (const token of tokensOf(sql)) if (sql[token.start] !== '(') return token;
  return undefined;
}

/** Whether the text names something of the router's own, which nobody else sets or calls. */
function namesOurs(sql: string): boolean {
  let before = '';
  for (const { kind, start, end } of tokensOf(sql)) {
    const text = sql.slice(start, end);
    const name = kind === 'variable' ? text.slice(text.startsWith('@@') ? 2 : 1) : text.replace(/^['"`]/, '');
    if ((kind === 'variable' || before === '@') && /^ordershard/i.test(name)) return true;
    before = text;
  }
  return false;
}

/** {@link transactionControl} by tokens. */
export function parseControl(sql: string): TransactionControl | undefined {
  const first = firstOf(sql);
  if (first === undefined || first.kind === 'unclosed') return undefined; // The server says what is wrong with it.
  if (first.kind !== 'word')
    return refuse(`a statement that begins with ${sql.slice(first.start, first.end)} is not understood`);
  const verb = sql.slice(first.start, first.end).toUpperCase();
  if (sql.includes('@') && namesOurs(sql)) return refuse('it names a variable of the router');
  if (ORDINARY.has(verb)) return undefined;
  const why = REFUSED[verb];
  if (why === undefined || verb === 'CREATE' || verb === 'DROP') {
    const control = parseVerb(verb, sql);
    if (control !== 'refused') return control;
  }
  return refuse(why === undefined ? `${verb} is not understood` : `${verb} ${why}`);
}

function parseVerb(verb: string, sql: string): TransactionControl | undefined | 'refused' {
  const [, ...rest] = partsOf(sql);
  switch (verb) {
    case 'BEGIN':
      if (rest.length === 0 || (rest.length === 1 && rest[0] === 'WORK'))
        return { do: 'begin', modes: { access: undefined } };
      return 'refused';
    case 'START': {
      const modes = rest[0] === 'TRANSACTION' ? parseModes(rest.slice(1)) : undefined;
      return modes === undefined || modes.isolation !== undefined ? 'refused' : { do: 'begin', modes };
    }
    case 'COMMIT':
    case 'ROLLBACK':
      return parseEnd(verb, rest);
    case 'SAVEPOINT':
      return rest.length === 1 ? { do: 'savepoint', name: rest[0]!.toLowerCase() } : 'refused';
    case 'RELEASE':
      return rest.length === 2 && rest[0] === 'SAVEPOINT'
        ? { do: 'release', name: rest[1]!.toLowerCase() }
        : 'refused';
    case 'SET':
      return parseSet(sql, rest) ?? undefined;
    case 'CALL':
      return rest.slice(0, 3).some((part) => /^ordershard_/i.test(part)) ? 'refused' : undefined;
    case 'CREATE':
    case 'DROP':
      // A temporary table is the session's own, which is not given to anyone else.
      return rest[rest[0] === 'OR' ? 2 : 0] === 'TEMPORARY' ? undefined : 'refused';
    case 'LOAD':
      return rest[0] === 'DATA' || rest[0] === 'XML' ? undefined : 'refused';
    case 'ANALYZE':
      // MariaDB's name for EXPLAIN ANALYZE.
      return ORDINARY.has(rest[0] ?? '') && rest[0] !== 'TABLE' ? undefined : 'refused';
    default:
      return 'refused';
  }
}

/** COMMIT and ROLLBACK. `AND CHAIN` would begin a transaction without a fence, `RELEASE` end a pooled connection. */
function parseEnd(verb: 'COMMIT' | 'ROLLBACK', rest: readonly string[]): TransactionControl {
  const end = /^(?:WORK)?(?: ?AND NO CHAIN)?(?: ?NO RELEASE)?$/.exec(rest.join(' '));
  if (end !== null) return { do: verb === 'COMMIT' ? 'commit' : 'rollback' };
  const to = /^(?:WORK )?TO (?:SAVEPOINT )?/.exec(rest.join(' '));
  const name = rest.at(-1)!;
  if (verb === 'ROLLBACK' && to !== null && rest.join(' ') === to[0] + name)
    return { do: 'rollback to', name: name.toLowerCase() };
  return refuse(`${verb} ${rest.join(' ')} is not understood`);
}
