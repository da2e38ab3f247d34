import type { SourceMessage } from '../projector/message.ts';
import { type Provenance, provenanceOf } from './provenance.ts';

/** A dead letter as its topic holds it. */
export interface Letter {
  /** `partition-offset` in the dead-letter topic. */
  readonly id: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly message: SourceMessage;
  readonly provenance: Provenance;
}

/**
 * What became of a letter.
 * - `waiting`: nothing yet.
 * - `replaying`: a replay was begun, and nothing is known since: the letter was sent, or the sending process was killed.
 * - `replayed`: it is on its way through the retry topics.
 * - `projected`: its replay took effect.
 * - `returned`: its replay failed for good; a newer letter holds it.
 * - `discarded`: an operator gave it up.
 */
export const LETTER_STATES = [
  'waiting',
  'replaying',
  'replayed',
  'projected',
  'returned',
  'discarded',
] as const;
export type LetterState = (typeof LETTER_STATES)[number];

/** A step of a letter: who did what, when and why. */
export interface LetterStep {
  readonly state: LetterState;
  readonly at: Date;
  readonly by: string;
  readonly why: string;
}

/** Reads a message of the dead-letter topic as a letter. A message without provenance was not put there by a projector. */
export function letterOf(message: SourceMessage): Letter {
  const { partition, offset, headers, topic } = message;
  return {
    id: `${partition}-${offset}`,
    partition,
    offset,
    message,
    provenance: provenanceOf(headers) ?? {
      topic,
      partition,
      offset,
      firstFailedAt: new Date(0),
      failedAt: new Date(0),
      attempts: 0,
      reason: 'unknown: it was not put there by a projector',
      release: '',
    },
  };
}

/** Returns the order number of a letter, as far as its key shows it. A key that is no text is shown as hexadecimal digits. */
export function keyText({ message: { key } }: Letter): string {
  if (key === undefined) return '';
  const text = key.toString();
  return Buffer.from(text).equals(key) ? text : key.toString('hex');
}
