import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ShardConfig } from '@ordershard/shard-router';
import { countEqual } from './count-equal.ts';
import { startDrawing, until } from './drawing.ts';
import { closeFreeSlots, openFreeSlots, slotOf } from './worker-slots.ts';

/** What became of the numbers. */
export interface PausedWorkerResult {
  readonly numbers: number;
  /** Numbers that another one is equal to. */
  readonly equal: number;
  /** How long the one process stood still. */
  readonly pausedMs: number;
  /** How often it was refused a number, once woken, until it had a lease again. */
  readonly refusals: number;
}

/**
 * Two processes lease workers on two shards and draw as fast as they can. One is stopped in the midst of it until its
 * lease has run out and a third has leased the very same worker and drawn; then it goes on.
 */
export async function pausedWorker(
  clusterId: string,
  [first, second]: readonly [ShardConfig, ShardConfig],
  numbers: number,
  progress: (message: string) => void = () => undefined,
): Promise<PausedWorkerResult> {
  const directory = mkdtempSync(join(tmpdir(), 'ordershard-numbers-'));
  const begin = (holder: string, share: number, stopShare = 0) =>
    startDrawing({
      clusterId,
      shards: [first, second],
      holder,
      count: Math.round(numbers * share),
      stopAt: Math.round(numbers * stopShare),
      directory,
    });
  const started: Awaited<ReturnType<typeof begin>>[] = [];
  try {
    await closeFreeSlots(second);
    const paused = await begin('paused', 0.4, 0.2);
    started.push(paused);
    await paused.stops();
    const since = performance.now();
    progress('one process is stopped');
    const slot = await slotOf(first, 'paused');
    await openFreeSlots(second);
    await closeFreeSlots(first);
    const steady = await begin('steady', 0.4);
    started.push(steady);
    await closeFreeSlots(second);
    // Only the lease that the stopped process held is left to take.
    const heir = await begin('heir', 0.2);
    started.push(heir);
    await until('the lease to be taken over', async () => (await slotOf(first, 'heir')) === slot);
    await heir.reached(numbers / 50);
    const pausedMs = performance.now() - since;
    process.kill(paused.process.pid, 'SIGCONT');
    await openFreeSlots(first);
    progress(`woken after ${(pausedMs / 1_000).toFixed(1)} s`);
    const [{ refusals }] = await Promise.all([paused.done(), steady.done(), heir.done()]);
    return { ...countEqual(started.map(({ file }) => file)), pausedMs, refusals };
  } finally {
    await Promise.all(started.map((drawing) => drawing.process.kill()));
    rmSync(directory, { recursive: true, force: true });
  }
}
