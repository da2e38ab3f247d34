import type { OrderEvent } from '@ordershard/order-events';
import type { Work } from './lanes.ts';
import { type DeadLetter, deadLetterOf, type SourceMessage } from './message.ts';
import { isUnreadable, readMessage } from './read-message.ts';

/** What the messages of some orders come to. */
export interface Read<V> {
  /** The view of each order's newest event. */
  readonly views: readonly V[];
  /** The message of each view. */
  readonly messages: readonly SourceMessage[];
  /** Whether each view's order is new, as far as its messages tell. */
  readonly fresh: readonly boolean[];
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * Reads of each order the newest message that can be read: older ones tell nothing more, and are not looked into. What
 * is newer and cannot be read is a dead letter.
 */
export function readWork<V>(works: readonly Work[], project: (event: OrderEvent) => V): Read<V> {
  const views: V[] = [];
  const messages: SourceMessage[] = [];
  const fresh: boolean[] = [];
  const deadLetters: DeadLetter[] = [];
  for (const work of works) {
    for (const message of work.messages) {
      try {
        views.push(project(readMessage(message)));
        messages.push(message);
        fresh.push(work.fresh);
        break;
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        deadLetters.push(deadLetterOf(message, error));
      }
    }
  }
  return { views, messages, fresh, deadLetters };
}
