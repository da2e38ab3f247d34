import { AsyncLocalStorage } from 'node:async_hooks';
import type { ShardRouter } from '@ordershard/shard-router';
import { type Interval, median, medianInterval } from '../measure/statistics.ts';

/** Scopes that are entered before their ends are waited for. */
const BATCH = 500;
const BATCHES_PER_ROUND = 20;
const WARM_UP_ROUNDS = 20;

export interface DecisionFigures {
  /** Nanoseconds to enter a key's scope: hash, map, frame, and the callback inside it called. */
  readonly decisionNs: number;
  /** Nanoseconds of an `AsyncLocalStorage.run` with an empty callback. */
  readonly alsRunNs: number;
  readonly decisionRatio: number;
  readonly interval: Interval;
  /** Nanoseconds of the whole scope, with its end, after which it refuses work. */
  readonly scopeNs: number;
}

/** Times a router's decision and an empty run, in turns. */
export async function measureDecision(
  router: ShardRouter,
  numbers: readonly bigint[],
  rounds: number,
): Promise<DecisionFigures> {
  const storage = new AsyncLocalStorage<object>();
  const times = { decision: [] as number[], run: [] as number[], scope: [] as number[] };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const { enteredNs, endedNs } = await enterScopes(router, numbers);
    const emptyRun = emptyRuns(storage);
    if (round < 0) continue;
    times.decision.push(enteredNs);
    times.scope.push(endedNs);
    times.run.push(emptyRun);
  }
  const ratios = times.decision.map((ns, i) => ns / times.run[i]!);
  return {
    decisionNs: median(times.decision),
    alsRunNs: median(times.run),
    decisionRatio: median(ratios),
    interval: medianInterval(ratios),
    scopeNs: median(times.scope),
  };
}

/**
 * Enters scopes by `withKey` with a callback that notes that it was called. A scope is entered before `withKey` returns;
 * what it does at its end is a matter of later, and is timed apart.
 */
async function enterScopes(
  router: ShardRouter,
  numbers: readonly bigint[],
): Promise<{ enteredNs: number; endedNs: number }> {
  let entered = 0;
  const probe = (): void => {
    entered += 1;
  };
  let enteringMs = 0;
  let wholeMs = 0;
  for (let batch = 0; batch < BATCHES_PER_ROUND; batch += 1) {
    const scopes = Array.from<Promise<void>>({ length: BATCH });
    const start = performance.now();
    for (let i = 0; i < BATCH; i += 1) scopes[i] = router.withKey(numbers[i % numbers.length]!, probe);
    enteringMs += performance.now() - start;
    if (entered !== (batch + 1) * BATCH) throw new Error('a scope was not entered before withKey returned');
    await Promise.all(scopes);
    wholeMs += performance.now() - start;
  }
  const scopes = BATCH * BATCHES_PER_ROUND;
  return { enteredNs: (enteringMs * 1e6) / scopes, endedNs: (wholeMs * 1e6) / scopes };
}

function emptyRuns(storage: AsyncLocalStorage<object>): number {
  const store = {};
  const runs = BATCH * BATCHES_PER_ROUND;
  const start = performance.now();
  for (let i = 0; i < runs; i += 1) storage.run(store, nothing);
  return ((performance.now() - start) * 1e6) / runs;
}

function nothing(): void {
  // What an empty run runs.
}
