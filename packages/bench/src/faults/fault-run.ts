import type { MysqlFlavour } from '@ordershard/stack';

/** What every fault run is told. */
export interface FaultRunOptions {
  /** How many faults; the run's own number by default. */
  readonly count?: number;
  /** How many days, for runs that live some by a clock that jumps; the run's own number by default. */
  readonly days?: number;
  /** The same seed gives the same series of faults. */
  readonly seed: number;
  /** The kinds of faults that are done; all by default. */
  readonly only?: readonly string[];
  /** Which MySQL it runs on. */
  readonly mysql?: MysqlFlavour;
  /** Says how far a run is. Not part of the result. */
  readonly progress: (message: string) => void;
}

/** What came of a fault run. */
export interface FaultFigures {
  readonly faults: number;
  /** Those that were proved to have happened. */
  readonly landed: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** Two effects of one request, or one of a request that failed. */
  readonly duplicated: number;
  readonly redelivered: number;
  readonly outOfOrder: number;
  /** There in part, or with other content than was asked for. */
  readonly mismatched: number;
}

export interface FaultResult {
  /** For people. */
  readonly table: string;
  readonly figures: FaultFigures;
}

/** What `NAME/run.ts` exports. */
export interface FaultRun {
  run(options: FaultRunOptions): Promise<FaultResult>;
}

/** Whether every fault happened, and none did harm. */
export function passed({ faults, landed, lost, duplicated, outOfOrder, mismatched }: FaultFigures): boolean {
  return landed === faults && lost + duplicated + outOfOrder + mismatched === 0;
}
