import type { ShardTransaction, WriteTarget } from '../index.ts';

/** How far something is: its callback runs; it has ended but the call has not returned; the call has returned. */
export type Life = 'open' | 'ending' | 'over';

/** What must hold of a transaction of the router. */
export interface TransactionModel {
  readonly target: WriteTarget;
  life: Life;
  /** A nested part has failed. */
  doomed: boolean;
}

/** What must hold of a scope. */
export interface ScopeModel {
  /** Which of the targets it was begun for. */
  readonly index: number;
  readonly shard: number;
  /** What a transaction that is begun here is for. */
  readonly target: WriteTarget | undefined;
  readonly transaction: TransactionModel | undefined;
  /** The scope around it. */
  readonly around: ScopeModel | undefined;
  /** Transactions of its connections: those that may be open, those that are, and all that were ever begun. */
  readonly begun: { maybe: number; surely: number; ever: number };
  /** The innermost handle of the transaction, and the scope that it was given to. */
  handle: { readonly session: ShardTransaction; readonly scope: ScopeModel } | undefined;
  life: Life;
}

/** How far the work of a scope is: as far as the furthest of the scope and the transaction that it belongs to. */
export function lifeOf({ life, transaction }: ScopeModel): Life {
  const lives = [life, transaction?.life];
  if (lives.includes('over')) return 'over';
  return lives.includes('ending') ? 'ending' : 'open';
}

/** Whether a transaction of a connection is open around a scope, or in it, on another shard than `shard`. */
export function openElsewhere(
  scope: ScopeModel | undefined,
  shard: number,
  how: keyof ScopeModel['begun'],
): boolean {
  for (let at = scope; at !== undefined; at = at.around) {
    if (at.shard !== shard && at.begun[how] > 0) return true;
  }
  return false;
}

/** Whether two targets name the same rows. */
export function sameRows(a: WriteTarget, b: WriteTarget): boolean {
  return a.number === b.number && a.key === b.key && a.text === b.text;
}

/** A failure that a schedule plans. */
export class PlannedFailure extends Error {}
