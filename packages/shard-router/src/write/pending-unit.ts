import type { TargetedUnit } from './merged-text.ts';
import type { UnitScope, UnitText } from './unit.ts';
import type { WriteTarget } from '../fence/write-target.ts';

/** How a unit ended that did not fail. */
export type WriteOutcome<Row = Record<string, unknown>> =
  /** It is committed. `affectedRows` counts for each statement of the unit. */
  | { readonly applied: true; readonly shard: number; readonly affectedRows: readonly number[] }
  /** Nothing was written: `already` found this row. */
  | { readonly applied: false; readonly shard: number; readonly row: Row };

/** What outlives one attempt at writing a unit: whether an earlier one may have taken effect. */
export interface UnitHistory {
  doubt: boolean;
}

/** A unit on its way, and the caller that waits for it. */
export class PendingUnit implements TargetedUnit {
  readonly target: WriteTarget;
  readonly scope: UnitScope;
  readonly text: UnitText;
  readonly history: UnitHistory;
  /** Who is to have a fair share: units of one caller take turns with those of others. */
  readonly caller: unknown;
  readonly outcome: Promise<WriteOutcome>;
  /** Whether it waits in the queue of its shard. */
  queued = false;
  /** Whether it waited for another of its number or key, which may have made it needless. */
  stoodBehind = false;
  /** Whether it was sent, and the server has not answered. */
  sent = false;
  /** How often it has come to nothing for reasons that pass. */
  tries = 0;
  #settled = false;
  #resolve!: (outcome: WriteOutcome) => void;
  #reject!: (error: unknown) => void;

  constructor(target: WriteTarget, scope: UnitScope, text: UnitText, history: UnitHistory, caller: unknown) {
    this.target = target;
    this.scope = scope;
    this.text = text;
    this.history = history;
    this.caller = caller;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get settled(): boolean {
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
