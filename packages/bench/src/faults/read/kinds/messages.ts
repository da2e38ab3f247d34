import { Producer, stringSerializers } from '@platformatic/kafka';
import type { Fault } from '../fault.ts';

/** Old events that are published again. */
const REPEATED = 200;

/** Places an order whose view MongoDB refuses. */
export const poisonOrder: Fault = {
  name: 'order that is refused',
  happen: async (scene) => {
    const number = await scene.poison.place();
    return `order ${number} has no view that MongoDB takes`;
  },
};

/** A message comes that is no event. */
export const poisonMessage: Fault = {
  name: 'message that is no event',
  happen: async (scene, random) => {
    const kind = random.pick(['bytes', 'no key', 'float'] as const);
    const id = await scene.poison.publish(scene.brokers, scene.topic, kind);
    return `${kind}: ${id}`;
  },
};

/** Old events come again after newer ones, as from a relay that was thought dead. */
export const repeatEvents: Fault = {
  name: 'old events again',
  happen: async (scene, random) => {
    const old: { key: string; value: string; headers: Record<string, string> }[] = [];
    for await (const { key, value, headers } of scene.messages()) {
      if (headers['ce_id'] !== undefined && random.chance(0.5))
        old.push({ key, value, headers: { ...headers } });
      if (old.length === REPEATED) break;
    }
    const producer = new Producer({
      clientId: 'faults',
      bootstrapBrokers: scene.brokers.split(','),
      acks: -1,
      retries: 10,
      retryDelay: 500,
      serializers: stringSerializers,
    });
    try {
      await producer.send({
        messages: random.shuffled(old).map((message) => ({ ...message, topic: scene.topic })),
      });
    } finally {
      await producer.close();
    }
    scene.repeated += old.length;
    return old.length > 0 ? `${old.length} events of the past came again` : undefined;
  },
};
