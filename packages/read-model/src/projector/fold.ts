import type { OrderView } from '../projections/order-view.ts';
import type { DeadLetter, SourceMessage } from './message.ts';
import { isUnreadable, readMessage } from './read-message.ts';

/** What a batch comes to. */
export interface Folded {
  /** The newest version of each order in it. */
  readonly views: readonly OrderView[];
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * Folds a batch: of an order's events only the newest one's view is kept, since each holds the whole order. So an order
 * that floods a partition costs one write a batch.
 */
export function foldBatch(messages: readonly SourceMessage[]): Folded {
  const newest = new Map<bigint, OrderView>();
  const deadLetters: DeadLetter[] = [];
  for (const message of messages) {
    try {
      const view = readMessage(message);
      const known = newest.get(view._id);
      if (known === undefined || known.version < view.version) newest.set(view._id, view);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      deadLetters.push({ message, reason: `${error.code}: ${error.message}` });
    }
  }
  return { views: [...newest.values()], deadLetters };
}
