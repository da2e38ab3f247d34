import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerHandle } from '@ordershard/stack';
import type { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

/** MongoDB is killed while views are written to it, and started again when a projector has found that out. */
export const killMongodb: Fault = {
  name: 'MongoDB killed',
  happen: (scene, random) => killed(scene, scene.servers.mongodb, random),
};

/** The broker is killed, and started again when a projector has found that out. */
export const killBroker: Fault = {
  name: 'broker killed',
  happen: (scene, random) => killed(scene, scene.servers.broker, random),
};

async function killed(scene: Scene, server: ServerHandle, random: Seeded): Promise<string | undefined> {
  await sleep(random.between(0, 300));
  const before = server.pid;
  await server.kill('SIGKILL');
  const died = before !== undefined && server.pid === undefined;
  try {
    await unready(scene, `a projector that is not ready without ${server.id}`);
    await sleep(random.between(0, 1_500));
  } finally {
    await server.restart();
  }
  const after = server.pid;
  const back = after !== undefined && after !== before && (await server.illness()) === null;
  return died && back ? `process ${before} is gone, a projector is not ready, ${after} answers` : undefined;
}

async function unready(scene: Scene, what: string): Promise<void> {
  await scene.until(what, async () => {
    const states = await Promise.all(scene.slots.map((slot) => slot.readiness()));
    return states.some((state) => state !== undefined && !state.ok);
  });
}

/** Connections between a projector and MongoDB are cut in the middle of its work, and no new ones come for a while. */
export const cutMongodb: Fault = {
  name: 'projector cut off from MongoDB',
  happen: (scene, random) =>
    scene.withProjector(async (slot) => {
      await sleep(random.between(0, 300));
      slot.mongo.cut();
      try {
        await scene.until(
          'the projector to find that out',
          async () => (await slot.readiness())?.ok === false,
        );
        await sleep(random.between(0, 1_500));
      } finally {
        slot.mongo.mend();
      }
      return `${slot.name} was not ready`;
    }),
};

/** Connections between a projector and the broker are cut, and no new ones come until it is no member any more. */
export const cutBroker: Fault = {
  name: 'projector cut off from the broker',
  happen: (scene, random) =>
    scene.withProjector(async (slot) => {
      const mine = (await slot.readiness())?.partitions ?? [];
      slot.kafka.shut();
      try {
        await scene.until('its partitions to be others`', async () => {
          const theirs = await scene.partitionsOfOthers(slot);
          return mine.every((partition) => theirs.has(partition));
        });
        await sleep(random.between(0, 500));
      } finally {
        slot.kafka.open();
      }
      return mine.length > 0 ? `the partitions ${mine.join(', ')} of ${slot.name} went to others` : undefined;
    }),
};
