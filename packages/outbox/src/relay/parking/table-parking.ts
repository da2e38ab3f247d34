import type { OutboxRow } from '../../sql/outbox-row.ts';

/** A row that was not published. */
export interface Parked {
  readonly row: OutboxRow;
  /** Why Kafka refused it; undefined for one that waits behind such a one of its order. */
  readonly reason: string | undefined;
}

/** The rows of one outbox table that Kafka refused, and what waits behind them. */
export interface TableParking {
  /** Whether an order's rows are held. */
  holds(row: OutboxRow): boolean;
  /** Stores rows as parked, and holds what comes later of their orders. */
  park(rows: readonly Parked[]): Promise<void>;
  /** Orders of which the first rows may go, because operators have released them; it is looked for now and then. */
  released(): Promise<readonly string[]>;
  /**
   * The next rows of an order that may go, in the order of ids, and none when there are no more: then the order is held
   * only if another of its rows is refused.
   */
  next(key: string): Promise<readonly OutboxRow[]>;
  /** Takes out rows that were released and are published; what was refused again stays. */
  settle(rows: readonly OutboxRow[]): Promise<void>;
}
