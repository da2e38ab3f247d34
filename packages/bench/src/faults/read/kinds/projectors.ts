import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';

/** Faults come at some moment of the work. */
const MOMENT_MS = 400;

/** A projector is killed, and another process takes its place. */
export const killProjector: Fault = {
  name: 'projector killed',
  happen: (scene, random) =>
    scene.withProjector(async (slot) => {
      await sleep(random.between(0, MOMENT_MS));
      const { pid } = slot;
      const had = (await slot.readiness())?.partitions.length ?? 0;
      await slot.kill();
      const gone = !isRunning(pid);
      await sleep(random.chance(0.3) ? random.between(0, 2_000) : 0);
      await slot.start();
      return gone && had > 0 && isRunning(slot.pid)
        ? `${slot.name}: process ${pid} is gone with ${had} partitions, ${slot.pid} takes its place`
        : undefined;
    }),
};

/** A projector stands still until others have its partitions. Then it goes on with the messages that it held. */
export const outliveSession: Fault = {
  name: 'projector stopped past its session',
  happen: (scene, random) =>
    scene.withProjector(async (slot) => {
      await sleep(random.between(0, MOMENT_MS));
      const mine = (await slot.readiness())?.partitions ?? [];
      slot.signal('SIGSTOP');
      let taken = false;
      try {
        await scene.until('its partitions to be others`', async () => {
          const theirs = await scene.partitionsOfOthers(slot);
          return mine.every((partition) => theirs.has(partition));
        });
        taken = (await slot.readiness()) === undefined;
        await sleep(random.between(0, 1_000));
      } finally {
        slot.signal('SIGCONT');
      }
      return taken && mine.length > 0
        ? `${slot.name} did not answer while its partitions ${mine.join(', ')} went to others`
        : undefined;
    }),
};

/** A member joins the group and leaves it again. */
export const rebalance: Fault = {
  name: 'member joins and leaves',
  happen: async (scene, random) => {
    const slot = await scene.extra('projector-extra');
    try {
      await slot.start();
      let had = 0;
      await scene.until('the new member to have partitions', async () => {
        had = (await slot.readiness())?.partitions.length ?? 0;
        return had > 0;
      });
      await sleep(random.between(0, MOMENT_MS));
      if (random.chance(0.5)) await slot.stop();
      else await slot.kill();
      return `${had} partitions went to a new member and back`;
    } finally {
      await slot.close();
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
