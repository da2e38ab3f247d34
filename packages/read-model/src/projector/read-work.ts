import { EnvelopeError, type OrderSnapshot } from '@ordershard/order-events';
import { ProjectionError } from '../errors.ts';
import type { Work } from './lanes.ts';
import { type DeadLetter, deadLetterOf, type SourceMessage } from './message.ts';
import { readMessage } from './read-message.ts';

/** A view that was made from an order's messages. */
export interface ReadView<V> {
  readonly view: V;
  readonly message: SourceMessage;
  /** Whether its order is new, as far as its messages show. */
  readonly fresh: boolean;
}

/** An order whose newest event does not hold it. */
export interface Reference {
  readonly number: bigint;
  /** The version of the order that the event names. */
  readonly version: number;
  readonly message: SourceMessage;
  readonly fresh: boolean;
}

/** The result of reading the messages of some orders. */
export interface Read<V> {
  readonly views: readonly ReadView<V>[];
  readonly references: readonly Reference[];
  readonly deadLetters: readonly DeadLetter[];
}

/** Makes an order's view. Throws ProjectionError. */
export type Project<V> = (of: { readonly data: OrderSnapshot }) => V;

/**
 * Reads the newest readable message of each order. Older messages add nothing, and are not looked into. A newer message that
 * cannot be read becomes a dead letter.
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
        // Any error while a message is read is a failure of that message alone.
        deadLetters.push(deadLetterOf(message, unreadable(error)));
      }
    }
  }
  return { views, references, deadLetters };
}

/**
 * Returns an error with a code for a failure to read or project a message. An unforeseen exception becomes a ProjectionError.
 */
export function unreadable(error: unknown): Error {
  if (error instanceof EnvelopeError || error instanceof ProjectionError) return error;
  return new ProjectionError(`it cannot be read: ${String(error)}`, { cause: error });
}
