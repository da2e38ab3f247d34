import type { Finding } from '../findings.ts';

/** A wrong use that is to be done. */
export interface Draw {
  readonly name: string;
  /** What it draws from. */
  readonly seed: number;
}

/** What became of a wrong use. */
export interface UseResult {
  readonly name: string;
  /** What proves that it happened. */
  readonly evidence: string | undefined;
  /** Its calls that were refused by type. */
  readonly refused: number;
}

/** To the process of the actors. */
export type ActorsTask =
  | { readonly id: number; readonly task: 'uses'; readonly draws: readonly Draw[]; readonly calls: number }
  /** Ends the honest callers. */
  | { readonly id: number; readonly task: 'rest' }
  /** Compares the rows with what was acknowledged. */
  | { readonly id: number; readonly task: 'check' };

/** From the process of the actors. */
export type ActorsMessage =
  | { readonly ready: true }
  | { readonly finding: Finding }
  | {
      readonly id: number;
      readonly results: readonly UseResult[];
      /** Honest calls that were acknowledged so far. */
      readonly acknowledged: number;
      /** Codes of what honest callers were refused with, and how often. */
      readonly askedAgain: readonly (readonly [string, number])[];
    }
  | { readonly id: number; readonly error: string };
