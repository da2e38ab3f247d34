/** An order as it was acknowledged last. */
export interface KnownOrder {
  /** Decimal text. */
  readonly number: string;
  version: number;
  status: string;
  held: boolean;
  /** Whether the order stays as it is, and nobody takes it further, until it is cancelled one day. */
  readonly stuck: boolean;
}

/** The task of the process that lives a part of a day. */
export interface DayTask {
  readonly archive: string;
  readonly keepDays: number;
  readonly seed: number;
  /** Orders to place. */
  readonly place: number;
  readonly orders: readonly KnownOrder[];
  /** Whether buckets move: then requests to them may be answered with "later". */
  readonly moving: boolean;
}

/** What it did. */
export interface DayResult {
  readonly orders: readonly KnownOrder[];
  /** What happened that must not: an order that is not found, or refused though it is young. */
  readonly wrong: readonly { readonly number: string; readonly detail: string }[];
  readonly refunds: number;
  /** Refunds that came too late. */
  readonly refused: number;
  readonly restored: number;
  /** Requests that were answered with "later". */
  readonly later: number;
}

/** What a writer with a slow clock was answered, by what it tried: the code, or the number that it has written. */
export type SlowAnswers = Readonly<
  Record<string, { readonly code?: string; readonly number?: string; readonly message?: string }>
>;
