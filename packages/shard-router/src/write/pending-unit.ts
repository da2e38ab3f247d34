import { DeadlineExceededError } from '../errors.ts';
import type { TargetedUnit } from './merged-text.ts';
import type { UnitQueue } from './unit-queue.ts';
import type { UnitScope, UnitText } from './unit.ts';
import type { WriteTarget } from '../fence/write-target.ts';

/** How a unit ended that has not failed. */
export type WriteOutcome<Row = Record<string, unknown>> =
  /** It is committed. `affectedRows` counts for each statement of the unit. */
  | { readonly applied: true; readonly shard: number; readonly affectedRows: readonly number[] }
  /** Nothing was written: `already` found this row. */
  | { readonly applied: false; readonly shard: number; readonly row: Row };

/** What is remembered from one attempt at writing a unit to the next. */
export interface UnitHistory {
  /** Whether an earlier attempt may have taken effect. */
  doubt: boolean;
  /** Whether it waited for another unit of its number or key, which may have made it unnecessary. */
  readonly stoodBehind: boolean;
}

/** What a unit is made for, by whom, and until when it is wanted. */
export type UnitOrigin = Pick<PendingUnit, 'target' | 'scope' | 'history' | 'caller' | 'deadline' | 'single'>;

/** A unit on its way, and the caller that waits for it. */
export class PendingUnit implements TargetedUnit {
  readonly target: WriteTarget;
  readonly scope: UnitScope;
  readonly text: UnitText;
  readonly history: UnitHistory;
  /** The caller that gets a fair share: its units take turns with those of other callers. */
  readonly caller: unknown;
  readonly outcome: Promise<WriteOutcome>;
  /** When its caller gets an answer at the latest, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Whether it has a transaction of its own. */
  readonly single: boolean;
  /** The queue that it waits in, and those before and behind it there; kept by the queue. */
  queue: UnitQueue | undefined;
  previous: PendingUnit | undefined;
  next: PendingUnit | undefined;
  /** Whether it was sent, and the server has not answered. */
  sent = false;
  /** Whether the transaction that it was sent in waits for a lock. */
  waits = false;
  /** How often it has failed for temporary reasons. */
  tries = 0;
  #settled = false;
  #resolve!: (outcome: WriteOutcome) => void;
  #reject!: (error: unknown) => void;

  constructor({ target, scope, history, caller, deadline, single }: UnitOrigin, text: UnitText) {
    this.target = target;
    this.scope = scope;
    this.text = text;
    this.history = history;
    this.caller = caller;
    this.deadline = deadline;
    this.single = single || text.alone;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get settled(): boolean {
    return this.#settled;
  }

  /**
   * Rejects the unit if its deadline has passed and no earlier attempt is in doubt: then nothing was written.
   *
   * @returns whether it is settled
   */
  giveUpIfLate(): boolean {
    if (!this.#settled && !this.history.doubt && this.deadline <= performance.now())
      this.reject(new DeadlineExceededError('the deadline of the write has passed'));
    return this.#settled;
  }

  resolve(outcome: WriteOutcome): void {
    this.#settled = true;
    this.#resolve(outcome);
  }

  reject(error: unknown): void {
    this.#settled = true;
    this.#reject(error);
  }
}
