import { EventEmitter } from 'node:events';
import type { Query } from 'mysql2';
import { UnsupportedMethodError } from '../errors.ts';

/**
 * Stands for the driver's `Query` where the answer goes to a callback, or is that of a statement which only controls the
 * transaction. It emits `end`, and without a callback `result` or `error`.
 */
export class AnsweredQuery extends EventEmitter {
  readonly sql: string;

  constructor(sql: string) {
    super();
    this.sql = sql;
  }

  /** Throws {@link UnsupportedMethodError}: the rows go to the callback. */
  stream(): never {
    throw new UnsupportedMethodError(
      'a statement with a callback, or one that controls a transaction, has no stream',
    );
  }

  /** Throws {@link UnsupportedMethodError}, as the driver's does: this is no promise. */
  // oxlint-disable-next-line unicorn/no-thenable -- the driver has it, to refuse an await
  then(): never {
    throw new UnsupportedMethodError('a query is no promise: use promise() for one');
  }

  /** Emits the outcome to its listeners; an error without a listener is dropped. */
  answered(error: unknown, result: unknown): void {
    if (error === null) this.emit('result', result, 0);
    else if (this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('end');
  }

  asQuery(): Query {
    return this as unknown as Query;
  }
}
