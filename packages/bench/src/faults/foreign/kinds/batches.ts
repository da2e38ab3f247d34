import { randomUUID } from 'node:crypto';
import type { Fault } from '../fault.ts';
import { bytes, type ForeignMessage } from '../foreign.ts';
import { copyOf, eventLike, honestOnes, newerThan, placesOf } from './honest.ts';

/** More than one answer of a broker has of a partition: its mark comes in another answer than the transaction's begin. */
const LONG_BYTES = 1_500_000;
const MESSAGE_BYTES = 100_000;

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A message that is no event. */
const unreadable = (topic: string): ForeignMessage => ({
  topic,
  key: bytes(`foreign-${randomUUID()}`),
  value: bytes('{"half'),
  fate: 'letter',
});

/** Batches that are packed as other producers pack them. */
export const otherCodec: Fault = {
  name: 'other codec',
  light: true,
  weight: 3,
  happen: async (scene, random) => {
    const honest = await honestOnes(scene, random, 5);
    const compression = random.pick(CODECS);
    const { topic } = scene;
    const [one] = honest;
    const places = placesOf(
      await scene.foreign.send(
        [
          ...honest.map((each) => copyOf(each, topic)),
          unreadable(topic),
          ...(one === undefined ? [] : [eventLike(one, topic, { fate: 'view' })]),
        ],
        { compression },
      ),
    );
    return places === undefined ? undefined : `${compression}: ${places}`;
  },
};

/** Transactions of other producers, each committed or aborted by chance. No message of an aborted one may ever be seen. */
export const transactions: Fault = {
  name: 'transactions of others',
  light: true,
  weight: 3,
  happen: async (scene, random) => {
    const honest = await honestOnes(scene, random, 12);
    const { topic } = scene;
    const ends = Array.from({ length: random.between(2, 6) }, () =>
      random.pick(['commit', 'abort'] as const),
    );
    const all = ends.map((end, at) => {
      const some = honest.slice(2 * at, 2 * at + 2);
      const messages =
        end === 'abort'
          ? some.map((one) => newerThan(one, topic))
          : [...some.map((one) => copyOf(one, topic)), unreadable(topic)];
      return { end, messages };
    });
    const places = placesOf(await scene.foreign.transactions(all));
    return places === undefined ? undefined : `${ends.join(', ')}: ${places}`;
  },
};

/** An aborted transaction of more bytes than one answer of a broker holds. */
export const longTransaction: Fault = {
  name: 'long transaction aborted',
  light: true,
  weight: 1,
  happen: async (scene, random) => {
    const honest = await honestOnes(scene, random, 1);
    const [one] = honest;
    if (one === undefined) return undefined;
    const newer = newerThan(one, scene.topic);
    const padded = {
      ...newer,
      headers: [...(newer.headers ?? []), [bytes('x'), Buffer.alloc(MESSAGE_BYTES, 'x')] as const],
    };
    const messages = Array.from({ length: Math.ceil(LONG_BYTES / MESSAGE_BYTES) }, () => padded);
    return placesOf(await scene.foreign.send(messages, { transaction: 'abort' }));
  },
};

/** A transaction stays open. Nobody reads the messages behind it on its partition, and readiness has to say so. */
export const openTransaction: Fault = {
  name: 'transaction left open',
  light: false,
  weight: 1,
  happen: async (scene, random) => {
    const [one] = await honestOnes(scene, random, 1);
    if (one === undefined) return undefined;
    return scene.foreign.openTransaction([newerThan(one, scene.topic)], () =>
      scene.namedByOne('an open transaction', /transaction of a producer is open/),
    );
  },
};
