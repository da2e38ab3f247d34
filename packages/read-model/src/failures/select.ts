import { keyText, type Letter, type LetterState } from './letter.ts';

/** Which letters are meant. What is not given does not restrict. */
export interface LetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly order?: string | undefined;
  /** A part of the reason, such as its code. */
  readonly reason?: string | undefined;
  /** The topic where the message was read at first. */
  readonly topic?: string | undefined;
  /** Those that failed last at or after this. */
  readonly since?: Date | undefined;
  /** Those that failed last before this. */
  readonly until?: Date | undefined;
  /** Offsets in the dead-letter topic, both ends included. */
  readonly fromOffset?: bigint | undefined;
  readonly toOffset?: bigint | undefined;
  readonly states?: readonly LetterState[] | undefined;
}

/** Whether a letter is one that is meant. */
export function selects(filter: LetterFilter, letter: Letter, state: LetterState): boolean {
  const { failedAt, reason, topic } = letter.provenance;
  return (
    (filter.ids === undefined || filter.ids.includes(letter.id)) &&
    (filter.order === undefined || filter.order === keyText(letter)) &&
    (filter.reason === undefined || reason.includes(filter.reason)) &&
    (filter.topic === undefined || filter.topic === topic) &&
    (filter.since === undefined || failedAt >= filter.since) &&
    (filter.until === undefined || failedAt < filter.until) &&
    (filter.fromOffset === undefined || letter.offset >= filter.fromOffset) &&
    (filter.toOffset === undefined || letter.offset <= filter.toOffset) &&
    (filter.states === undefined || filter.states.includes(state))
  );
}
