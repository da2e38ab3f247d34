/** One order of a file before its fields are read, or why there is none. */
export type RawOrder = RawValue | RawRefusal;

export interface RawValue {
  /** Where the order begins; the first line is 1. */
  readonly line: number;
  /** The line of each item, where items have lines of their own. */
  readonly itemLines?: readonly number[];
  /** Every integer in it is a bigint, or decimal text. */
  readonly value: unknown;
}

export interface RawRefusal {
  readonly line: number;
  readonly reason: string;
  /** The line of an order that was yielded before, and that for this reason cannot be used either. */
  readonly withdraws?: number;
}
