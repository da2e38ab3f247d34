import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardRouter } from '@ordershard/shard-router';
import type { Journal } from './journal.ts';
import type { Load, Window } from './load.ts';
import type { Locks } from './locks.ts';
import { insertRow, updateRow } from './table.ts';

/** How often another row is locked, and for how long, milliseconds. */
const LOCK_EVERY_MS = 500;
const HELD_MS = 3_000;
/** How long a scene goes on before its window begins, milliseconds. */
const SETTLE_MS = 1_000;
/** How long a caller whose unit was refused waits before it asks again, milliseconds. */
const BACKOFF_MS = 10;

/** What a scene takes place on. */
export interface Stage {
  readonly router: ShardRouter;
  readonly shard: number;
  readonly journal: Journal;
  readonly load: Load;
  readonly locks: Locks;
  readonly windowMs: number;
}

/** A scene that goes on while callers write to the other rows. Resolves to what those callers had meanwhile. */
export type Scene = (stage: Stage) => Promise<Window>;

/** No row is locked. */
export const calm: Scene = async ({ load, windowMs }) => {
  await sleep(SETTLE_MS);
  return load.window(sleep(windowMs));
};

/** One row stays locked, and some units want it all the time. */
export function fixed(wanters: number): Scene {
  return async (stage) => {
    const { load, windowMs } = stage;
    const { number, release } = await lockedRow(stage);
    let over = false;
    const wanting = Array.from({ length: wanters }, () => want(stage, number, () => over));
    await sleep(SETTLE_MS);
    const window = await load.window(sleep(windowMs));
    over = true;
    await release();
    await Promise.all(wanting);
    return window;
  };
}

/** Locks another row again and again, one that nobody knew before. For each, a unit wants the row until it gets it. */
export const moving: Scene = async (stage) => {
  const { load, windowMs } = stage;
  const rows = [lockForAWhile(stage)];
  const locking = setInterval(() => rows.push(lockForAWhile(stage)), LOCK_EVERY_MS);
  // From here on as many rows as ever are locked.
  await sleep(HELD_MS);
  const window = await load.window(sleep(windowMs));
  clearInterval(locking);
  await Promise.all(rows);
  return window;
};

async function lockForAWhile(stage: Stage): Promise<void> {
  const { number, release } = await lockedRow(stage);
  const wanting = want(stage, number, () => true);
  await sleep(HELD_MS);
  await release();
  await wanting;
}

async function lockedRow({ router, shard, journal, locks }: Stage) {
  const number = router.drawNumber(shard);
  while (!(await journal.book(() => insertRow(router, number))));
  return { number, release: await locks.lock(number) };
}

/** Adds to one row until it has succeeded and `enough` says so. */
async function want({ router, journal }: Stage, number: bigint, enough: () => boolean): Promise<void> {
  for (;;) {
    const applied = await journal.book(() => updateRow(router, number));
    if (applied && enough()) return;
    if (!applied) await sleep(BACKOFF_MS);
  }
}
