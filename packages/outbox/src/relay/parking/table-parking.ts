import type { OutboxRow } from '../../sql/outbox-row.ts';

/** A row that was not published. */
export interface Parked {
  readonly row: OutboxRow;
  /** Why Kafka refused it; undefined for a row that waits behind a refused row of its order. */
  readonly reason: string | undefined;
}

/** The rows of one outbox table that Kafka refused, and the rows that wait behind them. */
export interface TableParking {
  /** Whether an order's rows are held. */
  holds(row: OutboxRow): boolean;
  /** Stores rows as parked, and holds all later rows of their orders. */
  park(rows: readonly Parked[]): Promise<void>;
  /** Orders whose first rows may go, because operators have released them. Looks for them only now and then. */
  released(): Promise<readonly string[]>;
  /**
   * Resolves to the next rows of an order that may go, in the order of ids; to none when no more may go. After that, the
   * order is held only if another of its rows is refused.
   */
  next(key: string): Promise<readonly OutboxRow[]>;
  /** Removes rows that were released and are now published. Rows that were refused again stay. */
  settle(rows: readonly OutboxRow[]): Promise<void>;
}
