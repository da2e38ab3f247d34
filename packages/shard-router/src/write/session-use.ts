import type { Word } from '../statement/one-statement.ts';

/**
 * What a statement takes from its session, or leaves there, as it is written; undefined where it does not.
 *
 * - `previous`: what the statement before it in the session did: LAST_INSERT_ID(), ROW_COUNT()
 * - `session`: what belongs to the session and outlasts the statement, or differs from session to session
 * - `waits`: what waits by itself, and holds up others meanwhile
 */
export interface SessionUse {
  readonly previous: string | undefined;
  readonly session: string | undefined;
  readonly waits: string | undefined;
}

const PREVIOUS = new Set(['LAST_INSERT_ID', 'ROW_COUNT']);
const SESSION = new Set([
  'FOUND_ROWS',
  'GET_LOCK',
  'IS_USED_LOCK',
  'RELEASE_LOCK',
  'RELEASE_ALL_LOCKS',
  'LASTVAL',
]);
const WAITS = new Set([
  'SLEEP',
  'BENCHMARK',
  'MASTER_POS_WAIT',
  'MASTER_GTID_WAIT',
  'SOURCE_POS_WAIT',
  'WAIT_FOR_EXECUTED_GTID_SET',
]);

/** A variable of the server, spelled out, which no statement of these kinds can set. */
const READABLE_VARIABLE = /^@@\w/;
const PREVIOUS_VARIABLE = /^@@(?:.*\.)?(?:last_insert_id|identity|warning_count|error_count)$/i;

/** What the tokens of a statement have to do with its session. Stored functions and triggers are not looked into. */
export function sessionUseOf(words: readonly Word[]): SessionUse {
  let previous: string | undefined;
  let session: string | undefined;
  let waits: string | undefined;
  for (const [index, word] of words.entries()) {
    if (word.kind === 'variable') {
      if (PREVIOUS_VARIABLE.test(word.text)) previous ??= word.text;
      else if (!READABLE_VARIABLE.test(word.text)) session ??= word.text;
    }
    if (word.upper === 'PREVIOUS' && words[index + 1]?.upper === 'VALUE') session ??= 'PREVIOUS VALUE';
    const called = calledBy(words, index);
    if (called === undefined) continue;
    if (PREVIOUS.has(called)) previous ??= called;
    if (SESSION.has(called)) session ??= called;
    if (WAITS.has(called)) waits ??= called;
  }
  return { previous, session, waits };
}

/** The name of a function that is called at `index`. A table that rows are inserted into is none. */
function calledBy(words: readonly Word[], index: number): string | undefined {
  const { kind, text, upper } = words[index]!;
  if (words[index + 1]?.text !== '(' || words[index - 1]?.upper === 'INTO') return undefined;
  if (kind === 'word') return upper;
  return kind === 'name' ? text.slice(1, -1).toUpperCase() : undefined;
}
