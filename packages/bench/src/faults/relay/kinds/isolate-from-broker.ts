import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';

/** A relay has no way to the broker for a while, and keeps its tables. */
export const isolateFromBroker: Fault = {
  name: 'relay cut off from the broker',
  victim: 'relay',
  happen: (scene, random) =>
    scene.withHolder(async (slot) => {
      const { kafka, holder } = slot;
      kafka.shut();
      try {
        await scene.until(
          'the relay to find that it cannot publish',
          async () => (await slot.readiness()) === 503,
        );
        await sleep(random.between(0, 4_000));
      } finally {
        kafka.open();
      }
      return `${holder} was not ready`;
    }),
};
