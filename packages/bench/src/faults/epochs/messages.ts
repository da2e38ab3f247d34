/** What a process of the order store is asked for. */
export type Ask =
  /** Orders of the keys of placements `first` and on; every `keyedEvery`-th with its key as the idempotency key. */
  | { readonly do: 'place'; readonly first: number; readonly count: number; readonly keyedEvery: number }
  /** Requests at once, all for one order under one idempotency key. */
  | { readonly do: 'post'; readonly index: number; readonly times: number }
  /** Ends orders, so that they are final. */
  | { readonly do: 'cancel'; readonly numbers: readonly string[] }
  /** Finds orders by number. */
  | { readonly do: 'read'; readonly numbers: readonly string[] }
  /** Which version of the shard map it routes by. */
  | { readonly do: 'version' };

/** An order, as the answer to a process describes it. */
export interface ToldOrder {
  readonly key: string;
  /** Decimal text. */
  readonly number: string;
  readonly version: number;
  readonly status: string;
  /** Minor units, decimal text. */
  readonly total: string;
  /** Unix time in milliseconds by the clock of the process, when the answer came. */
  readonly atMs: number;
}

/** An order that was found by its number. */
export interface ReadOrder {
  readonly number: string;
  /** Where it was found; -1 when it was not. */
  readonly shard: number;
  readonly version: number;
  readonly status: string;
  readonly total: string;
}

/** What a process was refused for good. */
export interface Refusal {
  /** A key, or a number. */
  readonly subject: string;
  readonly code: string;
  readonly message: string;
}

/** What came of an {@link Ask}; what it does not ask for is empty. */
export interface Told {
  readonly orders: readonly ToldOrder[];
  readonly reads: readonly ReadOrder[];
  readonly refused: readonly Refusal[];
  /** How often it was asked again, by the code of the answer. */
  readonly again: Readonly<Record<string, number>>;
  readonly version: number;
}

export interface AskMessage {
  readonly id: number;
  readonly ask: Ask;
}

export type ProcessMessage =
  | { readonly ready: true }
  | { readonly id: number; readonly told: Told }
  | { readonly id: number; readonly failed: string };
