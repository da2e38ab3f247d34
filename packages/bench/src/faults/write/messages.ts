import type { OrderStep } from './plan.ts';

/** A request to the writing process. Asked again, it is the same. */
export type Request =
  | { readonly kind: 'place'; readonly key: string }
  | { readonly kind: 'change'; readonly key: string; readonly number: string; readonly step: OrderStep }
  | { readonly kind: 'read'; readonly key: string; readonly number: string }
  | { readonly kind: 'poison'; readonly key: string; readonly poison: Poison; readonly number: string };

/** What is wrong with a unit of work that cannot be applied. */
export type Poison =
  /** It inserts the order `number`, which is there. */
  | 'duplicate'
  /** A text of it is longer than its column. */
  | 'too long'
  /** Its rows carry another bucket than its number's. */
  | 'wrong bucket';

/** What became of a request. */
export type Answer = Done | Failed;

export interface Done {
  readonly ok: true;
  readonly number: string;
  readonly version: number;
  readonly status: string;
  /** Minor units, decimal text. */
  readonly total: string;
}

export interface Failed {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  /** Whether the answer says to ask again. */
  readonly again: boolean;
  /** Whether the request may have been carried out all the same. */
  readonly unknown: boolean;
}

/** From the run to the writing process: some requests at once. */
export interface AskMessage {
  readonly asks: readonly { readonly id: number; readonly request: Request }[];
}

/** From the writing process: it is ready, or has an answer. */
export type WriterMessage = { readonly ready: true } | { readonly id: number; readonly answer: Answer };
