import { keyText, type Letter, type LetterState } from './letter.ts';

/** A filter of letters. A field that is left out does not restrict. */
export interface LetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly order?: string | undefined;
  /** A part of the reason, such as its code. */
  readonly reason?: string | undefined;
  /** The topic where the message was first read. */
  readonly topic?: string | undefined;
  /** Only letters that last failed at or after this time. */
  readonly since?: Date | undefined;
  /** Only letters that last failed before this time. */
  readonly until?: Date | undefined;
  /** Offsets in the dead-letter topic, both ends included. */
  readonly fromOffset?: bigint | undefined;
  readonly toOffset?: bigint | undefined;
  readonly states?: readonly LetterState[] | undefined;
}

/** Whether a letter matches the filter. */
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
