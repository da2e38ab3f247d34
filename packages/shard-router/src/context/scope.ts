import { DeadlineExceededError, ScopeClosedError, ShardMismatchError } from '../errors.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { Role } from '../topology/endpoint.ts';

export interface ScopeOptions {
  /** Default `writer`. A scope that has committed a write reads from the writer from then on, whatever was asked. */
  readonly role?: Role;
  /** Milliseconds after which the scope's work is refused. A nested scope never outlives the one around it. */
  readonly timeoutMs?: number;
  /** Whether scopes inside this one must stay on its shard. */
  readonly locked?: boolean;
}

/** What a scope fixes for the work inside it. Never changed: a nested scope has a frame of its own. */
export interface Frame {
  readonly shard: number;
  readonly role: Role;
  /** Whether scopes inside this one must stay on its shard. */
  readonly locked: boolean;
  readonly target: WriteTarget | undefined;
  /** The transaction that statements of this scope belong to. */
  readonly transaction: OpenTransaction | undefined;
  /** On the clock of `performance.now()`; Infinity for none. */
  readonly deadline: number;
  /** Shared by the scopes that are nested in one another on one shard. */
  readonly life: ScopeLife;
}

/** What changes during a scope's life. */
export interface ScopeLife {
  open: boolean;
  /** Whether something was committed here, after which reads go to the writer. */
  readonly writes: { committed: boolean };
  /** Transactions that were begun on connections of the scope and are open. */
  transactions: number;
  /** Of the scope around it. */
  readonly around: ScopeLife | undefined;
}

/**
 * The frame of a scope inside `outer`.
 *
 * @throws ShardMismatchError for another shard inside an open transaction or a locked scope
 * @throws ScopeClosedError inside a scope that is over
 */
export function nestedFrame(
  outer: Frame | undefined,
  shard: number,
  target: WriteTarget | undefined,
  { role, timeoutMs = Infinity, locked = false }: ScopeOptions,
): Frame {
  if (outer !== undefined && !outer.life.open)
    throw new ScopeClosedError('the scope around this one is over');
  const transaction = outer?.transaction;
  if (transaction !== undefined && outer!.shard !== shard) {
    throw new ShardMismatchError(
      `a transaction is open on shard ${outer!.shard}: shard ${shard} cannot be used inside it`,
    );
  }
  const sameShard = outer?.shard === shard;
  if (outer?.locked === true && !sameShard) {
    throw new ShardMismatchError(`the scope around this one is locked to shard ${outer.shard}`);
  }
  return {
    shard,
    locked: locked || outer?.locked === true,
    role: role ?? (sameShard ? outer.role : 'writer'),
    target: target ?? (sameShard ? outer.target : undefined),
    transaction,
    deadline: Math.min(
      outer?.deadline ?? Infinity,
      timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs,
    ),
    life: {
      open: true,
      writes: sameShard ? outer.life.writes : { committed: false },
      transactions: 0,
      around: outer?.life,
    },
  };
}

/** Milliseconds that are left until a deadline of a frame; below 0 when it has passed. */
export function timeUntil(deadline: number): number {
  return deadline - performance.now();
}

/**
 * Milliseconds that a frame leaves of `limitMs` for what is to be sent now.
 *
 * @throws ScopeClosedError when the scope is over
 * @throws DeadlineExceededError when its deadline has passed
 */
export function remainingMs(frame: Frame, limitMs: number): number {
  if (!frame.life.open) throw new ScopeClosedError('the scope of this work is over');
  if (frame.deadline === Infinity) return limitMs;
  const left = frame.deadline - performance.now();
  if (left <= 0) throw new DeadlineExceededError('the deadline of the scope has passed');
  return Math.min(limitMs, Math.ceil(left));
}
