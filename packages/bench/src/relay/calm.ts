import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf } from '../measure/cpu.ts';

/** Over how long the servers are watched, which share of a core they may use together, and for how long that is waited for. */
const LOOK_MS = 1_000;
const SHARE = 0.15;
const PATIENCE_MS = 20_000;

/** Waits until servers are done with what the contender before has left them, so that the next one does not pay for it. */
export async function calm(pids: readonly number[]): Promise<void> {
  const used = () => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const end = performance.now() + PATIENCE_MS;
  for (let before = used(); performance.now() < end;) {
    await sleep(LOOK_MS);
    const now = used();
    if (now - before < SHARE * LOOK_MS) return;
    before = now;
  }
}
