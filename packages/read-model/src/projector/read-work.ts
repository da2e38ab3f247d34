import { EnvelopeError, type OrderSnapshot } from '@ordershard/order-events';
import { ProjectionError } from '../errors.ts';
import type { Work } from './lanes.ts';
import { type DeadLetter, deadLetterOf, type SourceMessage } from './message.ts';
import { readMessage } from './read-message.ts';

/** A view that an order's messages came to. */
export interface ReadView<V> {
  readonly view: V;
  readonly message: SourceMessage;
  /** Whether its order is new, as far as its messages tell. */
  readonly fresh: boolean;
}

/** An order whose newest event does not hold it. */
export interface Reference {
  readonly number: bigint;
  /** The version that the event tells of. */
  readonly version: number;
  readonly message: SourceMessage;
  readonly fresh: boolean;
}

/** What the messages of some orders come to. */
export interface Read<V> {
  readonly views: readonly ReadView<V>[];
  readonly references: readonly Reference[];
  readonly deadLetters: readonly DeadLetter[];
}

/** Makes an order's view. Throws ProjectionError. */
export type Project<V> = (of: { readonly data: OrderSnapshot }) => V;

/**
 * Reads of each order the newest message that can be read: older ones tell nothing more, and are not looked into. What
 * is newer and cannot be read is a dead letter.
 */
export function readWork<V>(works: readonly Work[], project: Project<V>): Read<V> {
  const views: ReadView<V>[] = [];
  const references: Reference[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const { messages, fresh } of works) {
    for (const message of messages) {
      try {
        const event = readMessage(message);
        if (event.form === 'snapshot') {
          views.push({ view: project(event), message, fresh });
        } else {
          references.push({ number: BigInt(event.subject), version: event.sequence, message, fresh });
        }
        break;
      } catch (error) {
        // Whatever fails while one message is read is that message's failure.
        deadLetters.push(deadLetterOf(message, unreadable(error)));
      }
    }
  }
  return { views, references, deadLetters };
}

/** An error of reading or projecting a message, with a code; an exception that nobody foresaw becomes one. */
export function unreadable(error: unknown): Error {
  if (error instanceof EnvelopeError || error instanceof ProjectionError) return error;
  return new ProjectionError(`it cannot be read: ${String(error)}`, { cause: error });
}
