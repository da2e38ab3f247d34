import { keyText, type LetterStep } from './letter.ts';
import type { LetterAction } from './letter-store.ts';
import type { KnownLetter } from './operate.ts';

/** A letter as JSON, without its content. */
export function letterJson(known: KnownLetter): object {
  const { letter, state } = known;
  const {
    topic,
    partition,
    offset,
    firstFailedAt,
    failedAt,
    attempts,
    reason,
    release,
    letter: replayOf,
  } = letter.provenance;
  return {
    id: letter.id,
    state,
    order: keyText(letter),
    reason,
    attempts,
    firstFailedAt: firstFailedAt.toISOString(),
    failedAt: failedAt.toISOString(),
    release,
    origin: { topic, partition, offset: offset.toString() },
    ...(replayOf === undefined ? {} : { replayOf }),
  };
}

/** A letter in one line. */
export function letterLine({ letter, state }: KnownLetter): string {
  const { failedAt, attempts, reason } = letter.provenance;
  const order = keyText(letter) || 'no key';
  return `${letter.id}  ${state}  order ${order}  failed ${attempts} times, last ${failedAt.toISOString()}  ${firstLine(reason)}`;
}

/** A letter in full, for people. */
export function describeLetter(known: KnownLetter, steps: readonly LetterStep[]): string {
  const { message, provenance } = known.letter;
  const { topic, partition, offset, firstFailedAt, stack, release, letter } = provenance;
  const headers = message.headers.filter(([name]) => !String(name ?? '').startsWith('dlq-'));
  return [
    letterLine(known),
    `read from ${topic} ${partition}/${offset}, failed at first ${firstFailedAt.toISOString()}, last under ${release || 'an unknown release'}`,
    ...(letter === undefined ? [] : [`a replay of ${letter}`]),
    ...steps.map(({ state, at, by, why }) => `${at.toISOString()}  ${state} by ${by}: ${why}`),
    'headers:',
    ...headers.map(([name, text]) => `  ${String(name ?? '')}: ${text?.toString() ?? 'none'}`),
    'value:',
    `  ${message.value?.toString() ?? 'none'}`,
    ...(stack === undefined ? [] : ['stack:', ...stack.split('\n').map((line) => `  ${line.trim()}`)]),
  ].join('\n');
}

/** What was done to letters, in one line. */
export function describeAction({ at, by, action, why, letters }: LetterAction): string {
  const some = letters.slice(0, 5).join(', ');
  const more = letters.length > 5 ? ` and ${letters.length - 5} more` : '';
  return `${at.toISOString()}  ${action} of ${letters.length} by ${by}: ${why}  (${some}${more})`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
