import { randomUUID } from 'node:crypto';
import { findErrorBy } from '@platformatic/kafka';
import type { Fault } from '../fault.ts';
import { bytes, type ForeignMessage } from '../foreign.ts';
import { eventLike, honestOnes, placesOf } from './honest.ts';

/** What a topic takes in one batch unless it is set otherwise, and what a batch of one message takes beside it. */
const BATCH_LIMIT = 1_048_588;
const AROUND = 400;

/** What a document of MongoDB may have. */
const DOCUMENT_LIMIT = 16_777_216;

const filled = (size: number) => Buffer.alloc(size, 'x');

/** A message that is no event, of some size. */
function large(topic: string, size: number, more: Partial<ForeignMessage> = {}): ForeignMessage {
  return { topic, key: bytes(`foreign-${randomUUID()}`), value: filled(size), fate: 'letter', ...more };
}

/** Messages as large as their topic takes, and some bytes more, which the broker refuses. */
export const atTheLimit: Fault = {
  name: 'message at the limit',
  light: true,
  weight: 2,
  happen: async (scene, random) => {
    const topic = random.chance(0.7) ? scene.topic : random.pick(scene.retryTopics);
    const size = BATCH_LIMIT - random.between(0, AROUND);
    try {
      return placesOf(await scene.foreign.send([large(topic, size)]));
    } catch (error) {
      if (findErrorBy(error as Error, 'apiId', 'MESSAGE_TOO_LARGE') === null) throw error;
      return `${size} bytes are refused by the broker`;
    }
  },
};

/** Messages whose dead letters are together far larger than one request may be. */
export const manyLarge: Fault = {
  name: 'large messages at once',
  light: true,
  weight: 1,
  happen: async (scene, random) => {
    const key = bytes(`foreign-${randomUUID()}`);
    const messages = Array.from({ length: random.between(20, 60) }, () =>
      large(scene.topic, random.between(20_000, 200_000), { key }),
    );
    return placesOf(await scene.foreign.send(messages));
  },
};

/** Headers that take nearly all that a message may have. */
export const largeHeaders: Fault = {
  name: 'large headers',
  light: true,
  weight: 1,
  happen: async (scene, random) => {
    const headers = Array.from(
      { length: random.between(1, 40) },
      (_, at) => [bytes(`h${at}`), filled(random.between(1_000, 20_000))] as const,
    );
    return placesOf(await scene.foreign.send([large(scene.topic, random.between(0, 1_000), { headers })]));
  },
};

/** Orders whose views are as large as a document may be, or larger: packed, they are small messages. */
export const largeViews: Fault = {
  name: 'view at the limit of a document',
  light: true,
  weight: 1,
  happen: async (scene, random) => {
    const [one] = await honestOnes(scene, random, 1);
    if (one === undefined) return undefined;
    const size = random.pick([
      DOCUMENT_LIMIT - 100_000,
      DOCUMENT_LIMIT - random.between(0, 3_000),
      DOCUMENT_LIMIT + 1,
      2 * DOCUMENT_LIMIT,
    ]);
    const event = eventLike(one, scene.topic, { change: { note: 'x'.repeat(size) }, fate: 'view or letter' });
    const places = placesOf(
      await scene.foreign.send([event], { compression: random.pick(['gzip', 'zstd', 'lz4']) }),
    );
    return places === undefined ? undefined : `${size} bytes: ${places}`;
  },
};

/** The unpacked size that a batch may have, for the programs that read it here. */
const UNPACKED_LIMIT = 64 * 1_048_576;

/**
 * A small batch that unpacks to more than a process may hold: it becomes one dead letter, and the messages behind it go on.
 */
export const hugeUnpacked: Fault = {
  name: 'batch that unpacks to too much',
  light: true,
  weight: 1,
  happen: async (scene, random) => {
    const compression = random.pick(['gzip', 'zstd'] as const);
    const size = UNPACKED_LIMIT + random.between(1, 20_000_000);
    const places = placesOf(await scene.foreign.send([large(scene.topic, size)], { compression }));
    return places === undefined ? undefined : `${size} bytes by ${compression}: ${places}`;
  },
};
