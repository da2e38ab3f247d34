import type { OutboxRow } from '../../sql/outbox-row.ts';

/** A row that was not published. */
export interface Parked {
  readonly row: OutboxRow;
  /** Why Kafka refused it; undefined for one that waits behind such a one of its order. */
  readonly reason: string | undefined;
}

/** What an operator has let go of one order, in the order of ids. */
export interface Released {
  readonly key: string;
  readonly rows: readonly OutboxRow[];
}

/** The rows of one outbox table that Kafka refused, and what waits behind them. */
export interface TableParking {
  /** Whether an order's rows are held. */
  holds(row: OutboxRow): boolean;
  /** Stores rows as parked, and holds what comes later of their orders. */
  park(rows: readonly Parked[]): Promise<void>;
  /** What operators have released; it is looked for now and then. */
  released(): Promise<readonly Released[]>;
  /** Holds an order no more, for the sending of what was released. */
  forget(key: string): void;
  /** Holds an order again. */
  hold(key: string): void;
  /** Takes out rows that were released and are published; what was refused again stays. */
  settle(rows: readonly OutboxRow[]): Promise<void>;
}
