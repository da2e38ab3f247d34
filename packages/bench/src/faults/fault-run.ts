import type { MysqlFlavour } from '@ordershard/stack';
import type { Bugs } from './planted/bug.ts';

/** The options of every fault run. */
export interface FaultRunOptions {
  /** How many faults; the run's own number by default. */
  readonly count?: number;
  /** How many days, for runs that live some by a clock that jumps; the run's own number by default. */
  readonly days?: number;
  /** The same seed makes the same series of faults. */
  readonly seed: number;
  /** The kinds of faults that are done; all by default. */
  readonly only?: readonly string[];
  /** Which MySQL it runs on. */
  readonly mysql?: MysqlFlavour;
  /** A bug that the product is given for this run, to see whether it is found; for runs that have some. */
  readonly planted?: string | undefined;
  /** Says how far a run is. Not part of the result. */
  readonly progress: (message: string) => void;
}

/** The figures of a fault run. */
export interface FaultFigures {
  readonly faults: number;
  /** Faults that were proved to have happened. */
  readonly landed: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** Two effects of one request, or one of a request that failed. */
  readonly duplicated: number;
  readonly redelivered: number;
  readonly outOfOrder: number;
  /** There in part, with other content than was asked for, or on a wrong shard. */
  readonly mismatched: number;
  /** Calls of honest callers that were acknowledged during the run. */
  readonly acknowledged: number;
  /** How many acknowledged calls the run must have for each fault, so that the fault had something to harm. */
  readonly callsAFault: number;
  /** By the name of a kind. */
  readonly byKind: Readonly<Record<string, { readonly faults: number; readonly landed: number }>>;
  /** Calls that were a fault by themselves, and were refused by type. */
  readonly refused: number;
  /** All that was found to be wrong. */
  readonly violations: number;
  /** The bug that the product was given; null as users have it. */
  readonly planted: string | null;
}

/** Calls that are acknowledged for each fault of a run with a steady load. */
export const CALLS_A_FAULT = 50;
/** The share of faults that must have landed. */
const LANDED = 0.9;

export interface FaultResult {
  /** For people. */
  readonly table: string;
  readonly figures: FaultFigures;
}

/** What `NAME/run.ts` exports. */
export interface FaultRun {
  /** The bugs that can be planted, of runs that have some. */
  readonly BUGS?: Bugs;
  run(options: FaultRunOptions): Promise<FaultResult>;
}

/** Whether the faults happened, under load, and none did harm. */
export function passed(figures: FaultFigures): boolean {
  const { faults, landed, acknowledged, callsAFault, violations } = figures;
  return landed >= LANDED * faults && acknowledged >= callsAFault * faults && violations === 0;
}
