import { setTimeout as pause } from 'node:timers/promises';
import type { IsolationCluster } from './cluster.ts';
import type { Fault } from './fault.ts';
import type { Call, PacedLoad } from './paced-load.ts';
import { figuresOf } from './window.ts';

const BEFORE_MS = 3_000;
/** Longer than any caller of the struck shard waits. */
const DURING_MS = 6_000;
const LOOK_AGAIN_MS = 10;
const GIVE_UP_MS = 60_000;

/** One shard struck while callers write to all. */
export interface RoundFigures {
  /** Throughput of the other shards during the fault ÷ before it. */
  readonly survivorsRatio: number;
  readonly survivorsBefore: number;
  readonly survivorsP99Ms: { readonly before: number; readonly during: number };
  /** Calls of the other shards that failed, from the strike until the struck shard was in use again. */
  readonly survivorsFailed: readonly Call[];
  /** Calls of the struck shard that failed. */
  readonly failed: readonly Call[];
  /** From the first answer of the struck server to the first write that its callers had acknowledged. */
  readonly backMs: number;
}

export async function playRound(
  { stack }: IsolationCluster,
  loads: readonly PacedLoad[],
  fault: Fault,
  victim: number,
): Promise<RoundFigures> {
  const server = stack.part(`mysql-${victim}`);
  const struck = loads[victim]!;
  const others = loads.filter((load) => load !== struck);
  const callsOf = (some: readonly PacedLoad[]) => some.map((load) => load.calls);
  for (const load of loads) load.calls.length = 0;
  const from = performance.now();
  await pause(BEFORE_MS);
  const struckAt = performance.now();
  await fault.strike(server);
  await pause(DURING_MS);
  const endedAt = performance.now();
  const answeredAt = await fault.mend(server);
  const usedAt = await firstAcknowledged(struck, answeredAt);
  await settled(loads);
  const before = figuresOf(callsOf(others), { from, to: struckAt });
  const during = figuresOf(callsOf(others), { from: struckAt, to: endedAt });
  const sinceStrike = { from: struckAt, to: Infinity };
  return {
    survivorsRatio: during.perSecond / before.perSecond,
    survivorsBefore: before.perSecond,
    survivorsP99Ms: { before: before.p99Ms, during: during.p99Ms },
    survivorsFailed: figuresOf(callsOf(others), sinceStrike).failed,
    failed: figuresOf([struck.calls], sinceStrike).failed,
    backMs: Math.max(0, usedAt - answeredAt),
  };
}

/** When a load had its first write acknowledged that ended after a time. */
async function firstAcknowledged({ calls }: PacedLoad, after: number): Promise<number> {
  for (let looked = 0; ; looked += LOOK_AGAIN_MS) {
    const found = calls.find(({ endedAt, error }) => error === undefined && endedAt >= after);
    if (found !== undefined) return found.endedAt;
    if (looked > GIVE_UP_MS) throw new Error('the struck shard was not used again');
    await pause(LOOK_AGAIN_MS);
  }
}

/** Waits until every earlier call has its answer, so that nothing of this round is in the next. */
async function settled(loads: readonly PacedLoad[]): Promise<void> {
  const askedAt = performance.now();
  const oldest = (load: PacedLoad) => load.oldestWaiting ?? Infinity;
  while (loads.some((load) => oldest(load) < askedAt)) await pause(LOOK_AGAIN_MS);
}
