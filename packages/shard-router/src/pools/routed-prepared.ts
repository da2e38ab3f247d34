import type { QueryError } from 'mysql2';
import type { Done } from './shard-pool.ts';

/** What a prepared statement asks of its connection. */
export interface PreparedOn {
  execute(sql: string, values: unknown, done?: Done): unknown;
  unprepare(sql: string): void;
}

/** A statement that was prepared on a routed connection. It is executed as the connection's other statements are. */
export class RoutedPrepared {
  readonly query: string;
  readonly #on: PreparedOn;

  constructor(sql: string, on: PreparedOn) {
    this.query = sql;
    this.#on = on;
  }

  execute(values?: unknown, done?: Done): unknown {
    if (typeof values === 'function') return this.#on.execute(this.query, [], values as Done);
    return this.#on.execute(this.query, values ?? [], done);
  }

  close(): void {
    this.#on.unprepare(this.query);
  }
}

/** The driver's callback for a statement that was prepared. */
export type PreparedDone = (error: QueryError | null, statement?: RoutedPrepared) => void;
