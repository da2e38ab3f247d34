import type { OrderView } from '../projections/order-view.ts';
import { type DeadLetter, deadLetterOf, type SourceMessage } from './message.ts';
import { isUnreadable, readMessage } from './read-message.ts';

/** What a batch comes to. */
export interface Folded {
  /** The newest version of each order in it. */
  readonly views: readonly OrderView[];
  /** The message of each view, by its order. */
  readonly messages: ReadonlyMap<bigint, SourceMessage>;
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * Folds a batch: of an order's events only the newest one's view is kept, since each holds the whole order. So an order
 * that floods a partition costs one write a batch.
 */
export function foldBatch(messages: readonly SourceMessage[]): Folded {
  const newest = new Map<bigint, OrderView>();
  const origins = new Map<bigint, SourceMessage>();
  const deadLetters: DeadLetter[] = [];
  for (const message of messages) {
    try {
      const view = readMessage(message);
      const known = newest.get(view._id);
      if (known !== undefined && known.version >= view.version) continue;
      newest.set(view._id, view);
      origins.set(view._id, message);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      deadLetters.push(deadLetterOf(message, error));
    }
  }
  return { views: [...newest.values()], messages: origins, deadLetters };
}
