/** What every benchmark is told. */
export interface BenchOptions {
  /** Rounds of each thing that is measured, where another number than the benchmark's own is wanted. */
  readonly rounds?: number;
  /** Says how far a run is. Not part of the result. */
  readonly progress: (message: string) => void;
}

/** What every benchmark gives: a table for people, and the same figures for programs. */
export interface BenchResult {
  readonly table: string;
  readonly json: Record<string, unknown>;
}

/** What `NAME/bench.ts` exports. */
export interface Benchmark {
  run(options: BenchOptions): Promise<BenchResult>;
}
