import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';

/** As many partitions as topics get here at the most. */
const MOST_PARTITIONS = 10;

/** How many messages a partition has to have unread, for some to be taken away. */
const UNREAD = 5n;

/** Deletes read messages from a log, as retention does: nobody misses them. */
export const readExpired: Fault = {
  name: 'read messages expire',
  light: true,
  weight: 2,
  happen: async (scene, random) => {
    const committed = await scene.committed();
    const partition = random.between(0, committed.length);
    const offset = committed[partition]!;
    if (offset <= 0n) return undefined;
    await scene.logs.deleteBelow(scene.topic, partition, offset);
    const begins = await scene.logs.begins(scene.topic);
    return begins[partition]! >= offset ? `partition ${partition} begins at ${begins[partition]}` : undefined;
  },
};

/** Messages expire before they are read: readiness has to report it, and views are repaired. */
export const unreadExpired: Fault = {
  name: 'unread messages expire',
  light: false,
  weight: 1,
  happen: async (scene, random) => {
    const { slots, logs, topic } = scene;
    const noticesOf = async () =>
      (await Promise.all(slots.map((slot) => slot.readiness()))).flatMap((one) => one?.notices ?? []);
    const known = await noticesOf();
    const partition = random.between(0, (await logs.ends(topic)).length);
    const endNow = async () => (await logs.ends(topic))[partition]!;
    let end = 0n;
    for (const slot of slots) slot.signal('SIGSTOP');
    try {
      const stoppedAt = await endNow();
      // A fetch that was under way when its process stopped is answered with the first messages: they count as read.
      await scene.until('an answer to a fetch', async () => (end = await endNow()) > stoppedAt);
      const fetched = end;
      await scene.until(
        'messages that are not read',
        async () => (end = await endNow()) >= fetched + 2n * UNREAD,
      );
      scene.expired = true;
      await logs.deleteBelow(topic, partition, end - UNREAD);
    } finally {
      for (const slot of slots) slot.signal('SIGCONT');
    }
    let notice: string | undefined;
    await scene.until('that to be told', async () => {
      notice = (await noticesOf()).find(
        (one) =>
          !known.includes(one) &&
          one.includes(`${topic} partition ${partition}: `) &&
          one.includes('expired'),
      );
      return notice !== undefined;
    });
    return notice;
  },
};

/** Deletes the topic after all of it is read, and makes it anew; orders come meanwhile. */
export const remadeTopic: Fault = {
  name: 'topic deleted and made anew',
  light: false,
  weight: 1,
  happen: async (scene, random) => {
    const { logs, topic } = scene;
    const before = await logs.topic(topic);
    await scene.load.held(async () => {
      await scene.readUp();
      await logs.deleteTopic(topic);
    });
    await scene.until('the topic to be gone', async () => !(await logs.exists(topic)));
    const named = random.chance(0.4)
      ? await scene.named('a topic that is gone', ['relay', 'projectors'], /topic|partition/i)
      : undefined;
    await sleep(random.between(0, 4_000));
    await logs.make(topic, before.partitions);
    const after = await logs.topic(topic);
    return after.id === before.id ? undefined : `${before.id} is ${after.id} now${named ? `, ${named}` : ''}`;
  },
};

/** A retry topic is deleted and made anew. */
export const remadeRetryTopic: Fault = {
  name: 'retry topic deleted and made anew',
  light: false,
  weight: 1,
  happen: async (scene, random) => {
    const { logs } = scene;
    const topic = random.pick(scene.retryTopics);
    await scene.lettersSettled();
    const before = await logs.topic(topic);
    await logs.deleteTopic(topic);
    await scene.until('the topic to be gone', async () => !(await logs.exists(topic)));
    await sleep(random.between(0, 3_000));
    await logs.make(topic, before.partitions);
    const after = await logs.topic(topic);
    return after.id === before.id ? undefined : `${before.id} is ${after.id} now`;
  },
};

/** A topic gets one more partition. */
export const grown: Fault = {
  name: 'partitions grown',
  light: false,
  weight: 1,
  happen: async (scene, random) => {
    const topic = random.pick([scene.topic, scene.topic, ...scene.retryTopics]);
    const { partitions } = await scene.logs.topic(topic);
    if (partitions >= MOST_PARTITIONS) return `${topic} has ${partitions} partitions already`;
    await scene.logs.growTo(topic, partitions + 1);
    const after = await scene.logs.topic(topic);
    return after.partitions > partitions ? `${topic} has ${after.partitions} partitions` : undefined;
  },
};
