import type { ProcessIdentity } from './identity.ts';

/** How a server is started: what a restart needs too, so it is kept in the state file. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment besides PATH, HOME and the mark of the stack. */
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended to it. */
  readonly logFile: string;
  /** Files that a killed server leaves behind and that would stop its successor from starting; removed before a start. */
  readonly staleFiles?: readonly string[];
}

/** What a guardian gets when it starts. */
export interface GuardianOrders {
  readonly stackDir: string;
  /** Removed once the servers have ended; null keeps the data. */
  readonly removeDir: string | null;
  /** How long servers get to end by themselves; 0 kills them at once. */
  readonly graceMs: number;
}

/** From the starter to the guardian. */
export type ToGuardian =
  | { readonly type: 'spawn'; readonly request: number; readonly launch: Launch }
  | { readonly type: 'watch'; readonly pid: number }
  | { readonly type: 'containers'; readonly socketPath: string; readonly start: string }
  | { readonly type: 'release' }
  | { readonly type: 'end' };

/** From the guardian to the starter. */
export type FromGuardian =
  | { readonly type: 'spawned'; readonly request: number; readonly process: ProcessIdentity }
  | { readonly type: 'refused'; readonly request: number; readonly reason: string }
  | { readonly type: 'exited'; readonly pid: number; readonly how: string }
  | { readonly type: 'done' };

/** Marks every server's environment with the folder of its stack, so that one whose record was lost is found. */
export const STACK_MARK = 'ORDERSHARD_STACK_DIR';
