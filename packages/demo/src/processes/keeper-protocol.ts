/** How one of the product's processes is started. */
export interface ProcessLaunch {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended to it. */
  readonly logFile: string;
}

/** From the demo to the keeper. `release` lets the processes live on. */
export type ToKeeper =
  | { readonly type: 'spawn'; readonly request: number; readonly launch: ProcessLaunch }
  | { readonly type: 'release' };

/** From the keeper to the demo. */
export type FromKeeper =
  | { readonly type: 'spawned'; readonly request: number; readonly pid: number }
  | { readonly type: 'refused'; readonly request: number; readonly reason: string }
  | { readonly type: 'exited'; readonly pid: number; readonly how: string }
  | { readonly type: 'released' };
