import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

/** After this, what the broker had written before it was stopped has come. */
const STILL_MS = 300;

/** The broker is killed at a produce request, and started again when a relay has found that it cannot publish. */
export const killBroker: Fault = {
  name: 'broker killed',
  victim: 'broker',
  happen: async (scene, random) => {
    const { broker } = scene.servers;
    const before = broker.pid;
    await nextProduce(scene);
    await broker.kill('SIGKILL');
    const died = before !== undefined && broker.pid === undefined;
    try {
      await scene.until('a relay that cannot publish', async () => {
        const statuses = await Promise.all(scene.slots.map((slot) => slot.readiness()));
        return statuses.includes(503);
      });
      await sleep(random.between(0, 3_000));
    } finally {
      await broker.restart();
    }
    const after = broker.pid;
    const back = after !== undefined && after !== before && (await broker.illness()) === null;
    return died && back ? `process ${before} is gone, a relay is not ready, ${after} answers` : undefined;
  },
};

/** The broker stands still while it has produce requests that it has not answered. */
export const stopBroker: Fault = {
  name: 'broker stopped',
  victim: 'broker',
  happen: async (scene, random) => {
    const { broker } = scene.servers;
    const answered = () => scene.slots.reduce((sum, { kafka }) => sum + kafka.answered, 0);
    const outstanding = () => scene.slots.reduce((sum, { kafka }) => sum + kafka.outstanding, 0);
    const ms = random.between(500, 6_000);
    await nextProduce(scene);
    await broker.pause();
    try {
      await sleep(STILL_MS);
      const before = answered();
      await scene.until('a request without an answer', () => outstanding() > 0);
      const waiting = outstanding();
      await sleep(ms);
      return answered() === before ? `${waiting} requests have no answer for ${ms} ms` : undefined;
    } finally {
      await broker.resume();
    }
  },
};

/** Resolves when a produce request is on its way from any relay. */
async function nextProduce(scene: Scene): Promise<void> {
  let seen = false;
  const stops = scene.slots.map(({ kafka }) => kafka.onProduce(() => (seen = true)));
  try {
    await scene.until('a produce request', () => seen);
  } finally {
    for (const stop of stops) stop();
  }
}
