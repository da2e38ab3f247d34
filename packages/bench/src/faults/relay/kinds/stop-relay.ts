import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { RelaySlot } from '../relay-slot.ts';
import { MOMENTS } from './moments.ts';

/** Less than the rest of a lease that is renewed in time. */
const SHORT_MS = 6_000;

/** A relay stands still for less than its lease. */
export const stopRelay: Fault = {
  name: 'relay stopped',
  victim: 'relay',
  happen: (scene, random) =>
    scene.withHolder(async (slot) => {
      const moment = random.pick(MOMENTS);
      const ms = random.between(300, SHORT_MS);
      await slot.at(moment, () => slot.signal('SIGSTOP'));
      const stood = await standsStill(slot, () => sleep(ms));
      await scene.until('the relay to answer', async () => (await slot.readiness()) !== undefined);
      return stood ? `${slot.holder} did not answer for ${ms} ms as ${moment}, and does again` : undefined;
    }),
};

/** A relay stands still with a batch in its hands until another one has its tables. Then it goes on. */
export const outliveLease: Fault = {
  name: 'relay stopped past its lease',
  victim: 'relay',
  happen: (scene, random) =>
    scene.withHolder(async (slot) => {
      const moment = random.pick(MOMENTS);
      const after = random.between(0, 1_000);
      for (;;) {
        await scene.until('the relay to hold tables', async () => (await scene.heldBy(slot)).length > 0);
        await slot.at(moment, () => slot.signal('SIGSTOP'));
        let evidence: string | undefined;
        await standsStill(slot, async () => {
          const held = await scene.heldBy(slot);
          // It may have lost the last one just before.
          if (held.length === 0) return;
          evidence = `${await scene.takenOver(held)} while it stood still as ${moment}`;
          await sleep(after);
        });
        await scene.until('the relay to answer', async () => (await slot.readiness()) !== undefined);
        if (evidence !== undefined) return evidence;
      }
    }),
};

/** Runs `work`, and then wakes the relay. Returns whether the relay did not answer. */
async function standsStill(slot: RelaySlot, work: () => Promise<void>): Promise<boolean> {
  try {
    const silent = (await slot.readiness()) === undefined;
    await work();
    return silent;
  } finally {
    slot.signal('SIGCONT');
  }
}
