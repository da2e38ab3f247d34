/** What honest callers asked for and were answered. */
export class HonestJournal {
  /** Keys of acknowledged orders, each with the number in its answer. */
  readonly orders = new Map<string, bigint>();
  /** Keys that were asked for and had no answer in the end. */
  readonly unknownOrders = new Set<string>();
  /** By number: how often a counter was acknowledged to have gone up, and how often it may have. */
  readonly counters = new Map<bigint, { acknowledged: number; unknown: number }>();
  /** By number: the amounts of acknowledged transfers, by their own numbers. */
  readonly transfers = new Map<bigint, Map<number, number>>();
}
