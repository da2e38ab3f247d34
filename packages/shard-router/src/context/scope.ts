import { DeadlineExceededError, ScopeClosedError, ShardMismatchError } from '../errors.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { Lent } from './lent.ts';
import type { Role } from '../topology/endpoint.ts';

export interface ScopeOptions {
  /** Default `writer`. Once a scope has committed a write, it reads from the writer, even if this says `reader`. */
  readonly role?: Role;
  /** Milliseconds after which the scope's work is refused. A nested scope never outlives the one around it. */
  readonly timeoutMs?: number;
  /** Whether scopes inside this one must stay on its shard. */
  readonly locked?: boolean;
}

/** The settings that a scope fixes for the work inside it. A frame never changes: a nested scope has a frame of its own. */
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
  /** The state of this scope that changes. Of it, nested scopes on one shard share only `writes`. */
  readonly life: ScopeLife;
}

/** The state of a scope that changes during its life. */
export interface ScopeLife {
  open: boolean;
  readonly shard: number;
  /**
   * Whether something was committed on this shard; from then on reads go to the writer. Nested scopes on one shard share
   * this.
   */
  readonly writes: { committed: boolean };
  /**
   * Whether this scope, or one inside it, has committed something on any shard. Then the work of the scope cannot be run
   * again.
   */
  committed: boolean;
  /** Number of open transactions that were begun on connections of the scope. */
  transactions: number;
  /** Everything that the scope takes back at its end. */
  lent: Set<Lent> | undefined;
  /** The life of the scope around this one. */
  readonly around: ScopeLife | undefined;
}

/**
 * Checks that work on a shard may begin inside a scope.
 *
 * @throws ShardMismatchError for another shard inside a locked scope or an open transaction: the router's own, or one that
 * was begun on a connection of this scope or of one around it
 * @throws ScopeClosedError when the scope is over
 */
export function checkWithin(outer: Frame, shard: number): void {
  if (!outer.life.open) throw new ScopeClosedError('the scope around this one is over');
  if (outer.transaction !== undefined) {
    if (outer.shard !== shard) throw openOn(outer.shard, shard);
    return; // Work that begins here is a part of it, even if a transaction was begun around it since.
  }
  for (let life: ScopeLife | undefined = outer.life; life !== undefined; life = life.around) {
    if (life.transactions > 0 && life.shard !== shard) throw openOn(life.shard, shard);
  }
  if (outer.locked && outer.shard !== shard)
    throw new ShardMismatchError(
      `the scope around this one is locked to shard ${outer.shard}: shard ${shard} cannot be used inside it`,
    );
}

function openOn(open: number, shard: number): ShardMismatchError {
  return new ShardMismatchError(
    `a transaction is open on shard ${open}: shard ${shard} cannot be used inside it`,
  );
}

/** Notes that something was, or may have been, committed on a shard in a scope. */
export function noteCommitted(frame: Frame | undefined, shard: number): void {
  for (let life = frame?.life; life !== undefined; life = life.around) {
    life.committed = true;
    if (life.shard === shard) life.writes.committed = true;
  }
}

/**
 * The frame of a scope inside `outer`.
 *
 * @throws ShardMismatchError, ScopeClosedError as {@link checkWithin} does
 */
export function nestedFrame(
  outer: Frame | undefined,
  shard: number,
  target: WriteTarget | undefined,
  { role, timeoutMs = Infinity, locked = false }: ScopeOptions,
): Frame {
  if (outer !== undefined) checkWithin(outer, shard);
  const sameShard = outer?.shard === shard;
  return {
    shard,
    locked: locked || outer?.locked === true,
    role: role ?? (sameShard ? outer.role : 'writer'),
    target: target ?? (sameShard ? outer.target : undefined),
    transaction: outer?.transaction,
    deadline: Math.min(outer?.deadline ?? Infinity, deadlineIn(timeoutMs)),
    life: {
      open: true,
      shard,
      committed: false,
      writes: sameShard ? outer.life.writes : { committed: false },
      transactions: 0,
      lent: undefined,
      around: outer?.life,
    },
  };
}

/** The moment `timeoutMs` from now, on the clock of `performance.now()`; Infinity for none. */
export function deadlineIn(timeoutMs = Infinity): number {
  return timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs;
}

/** Milliseconds that are left until a deadline of a frame; below 0 when it has passed. */
export function timeUntil(deadline: number): number {
  return deadline - performance.now();
}

/**
 * Returns how many milliseconds the next wait or statement may take: `limitMs`, or the time until the frame's deadline if
 * that is less.
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
