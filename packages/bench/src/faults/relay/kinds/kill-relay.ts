import type { Fault } from '../fault.ts';
import { MOMENTS } from './moments.ts';

/** A relay that holds tables is killed, and another process takes its place, under its name or under a new one. */
export const killRelay: Fault = {
  name: 'relay killed',
  victim: 'relay',
  happen: async (scene, random) => {
    const moment = random.pick(MOMENTS);
    const sameName = random.chance(0.5);
    for (;;) {
      const evidence = await scene.withHolder(async (slot) => {
        const { pid } = slot;
        let killed: Promise<void> | undefined;
        await slot.at(moment, () => {
          killed = slot.kill();
        });
        await killed;
        const held = await scene.heldBy(slot);
        const gone = !isRunning(pid);
        await slot.start(sameName);
        // It may have lost the last one just before.
        if (held.length === 0) return undefined;
        return gone && isRunning(slot.pid)
          ? `process ${pid} is gone with ${held.length} tables as ${moment}, ${slot.pid} relays as ${slot.holder}`
          : '';
      });
      if (evidence !== undefined) return evidence || undefined;
    }
  },
};

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
