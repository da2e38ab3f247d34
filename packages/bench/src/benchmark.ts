import type { MysqlFlavour } from '@ordershard/stack';

/** The options of every benchmark. A benchmark ignores those that it has no use for. */
export interface BenchOptions {
  /** Rounds of each thing that is measured, where another number than the benchmark's own is wanted. */
  readonly rounds?: number;
  /** Numbers of callers, where others than the benchmark's own are wanted. */
  readonly callers?: readonly number[];
  /** Names of the contenders that take part; all by default. */
  readonly only?: readonly string[];
  /** How many things are done, where another number than the benchmark's own is wanted. */
  readonly count?: number;
  /** Which MySQL it runs on. */
  readonly mysql?: MysqlFlavour;
  /** Whether the plot in docs/benchmarks is drawn anew. */
  readonly plot?: boolean;
  /** Says how far a run is. Not part of the result. */
  readonly progress: (message: string) => void;
}

/** What every benchmark returns: a table for people, and the same figures for programs. */
export interface BenchResult {
  readonly table: string;
  readonly json: Record<string, unknown>;
}

/** What `NAME/bench.ts` exports. */
export interface Benchmark {
  run(options: BenchOptions): Promise<BenchResult>;
}
