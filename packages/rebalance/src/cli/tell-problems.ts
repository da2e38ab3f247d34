import type { ShardProblem } from '../retention/each-shard.ts';
import { EXIT } from './exit-codes.ts';

/** Says on standard error for which shards something could not be done, and lets the exit code say so: the rest was done. */
export function tellProblems(problems: readonly ShardProblem[]): void {
  for (const { shard, problem } of problems)
    process.stderr.write(`shard-rebalance: shard ${shard}: ${withoutShard(shard, problem)}\n`);
  if (problems.length > 0) process.exitCode = EXIT.unfinished;
}

/** Some errors name their shard themselves. */
function withoutShard(shard: number, problem: string): string {
  const named = `shard ${shard}: `;
  return problem.startsWith(named) ? problem.slice(named.length) : problem;
}
