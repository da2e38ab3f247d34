import { randomUUID } from 'node:crypto';
import type { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';
import { bytes, type ForeignMessage, type HeaderBytes, headersOf } from '../foreign.ts';
import { copyOf, eventLike, honestOnes, placesOf } from './honest.ts';

const PARTITIONS = 6;

/** Bytes of any kind. */
function anyBytes(random: Seeded, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.between(0, most) }, () => random.between(0, 256)));
}

/** A key that no order has. */
const foreignKey = () => bytes(`foreign-${randomUUID()}`);

/** Messages of random bytes, which are no events. */
export const anyMessage: Fault = {
  name: 'bytes that are no event',
  light: true,
  weight: 4,
  happen: async (scene, random) => {
    const messages = Array.from({ length: random.between(1, 30) }, (): ForeignMessage => {
      const headers: HeaderBytes = Array.from({ length: random.between(0, 6) }, () => [
        anyBytes(random, 20),
        random.chance(0.3) ? null : anyBytes(random, 50),
      ]);
      return {
        topic: scene.topic,
        partition: random.between(0, PARTITIONS),
        key: random.chance(0.5) ? anyBytes(random, 30) : foreignKey(),
        value: anyBytes(random, 2_000),
        headers,
        fate: 'letter',
      };
    });
    return placesOf(await scene.foreign.send(messages));
  },
};

/** What other programs leave out: keys, values, and values of headers, as Debezium does for a column that is NULL. */
export const nullParts: Fault = {
  name: 'null key, value or header',
  light: true,
  weight: 4,
  happen: async (scene, random) => {
    const [one] = await honestOnes(scene, random, 1);
    if (one === undefined) return undefined;
    const { topic } = scene;
    const partition = random.between(0, PARTITIONS);
    const nullHeaders = headersOf({ traceparent: null, 'x-empty': null });
    return placesOf(
      await scene.foreign.send([
        { topic, partition, key: undefined, value: undefined, fate: 'letter' },
        { topic, partition, key: undefined, value: one.value, headers: one.headers, fate: 'letter' },
        { topic, partition, key: foreignKey(), value: undefined, fate: 'letter' },
        // An order's own key: a message that is older than what is known of the order is not looked into.
        { topic, key: one.key, value: undefined, fate: 'letter or nothing' },
        eventLike(one, topic, { header: { ce_sequence: null }, fate: 'letter' }),
        eventLike(one, topic, { header: { ce_type: null }, fate: 'letter' }),
        eventLike(one, topic, { header: { traceparent: null, other: null }, fate: 'view' }),
        copyOf(one, topic, nullHeaders),
      ]),
    );
  },
};

/** Headers that our own programs write, in messages that they have not written. */
export const likeOurs: Fault = {
  name: 'headers that look like ours',
  light: true,
  weight: 3,
  happen: async (scene, random) => {
    const honest = await honestOnes(scene, random, 6);
    const { topic } = scene;
    const forged = () =>
      headersOf({
        'dlq-topic': random.pick(['another', topic, '']),
        'dlq-partition': random.pick(['-1', '0', 'x', '9999999999']),
        'dlq-offset': random.pick(['abc', '7', '-7', '99999999999999999999']),
        'dlq-attempts': random.pick(['1', '99', '', '1e9']),
        'dlq-first-failed-at': random.pick(['yesterday', '2026-01-02T03:04:05.000Z', '']),
        'dlq-failed-at': random.pick(['2026-13-45T99:99:99.999Z', '2026-01-02T03:04:05.000Z']),
        'dlq-due': random.pick(['soon', '9999-12-31T00:00:00.000Z']),
        'dlq-group': 'another',
        'dlq-letter': '0-0',
        'dlq-awaits': random.pick(['orders', 'godot']),
        'dlq-cut': 'true',
        'dlq-reason': 'x'.repeat(random.between(0, 5_000)),
      });
    return placesOf(
      await scene.foreign.send([
        ...honest.map((one) => copyOf(one, topic, forged())),
        { topic, key: foreignKey(), value: bytes('{'), headers: forged(), fate: 'letter' },
      ]),
    );
  },
};

/** Messages of others in the topics where failed messages wait. */
export const onRetryTopics: Fault = {
  name: 'messages of others on a retry topic',
  light: true,
  weight: 3,
  happen: async (scene, random) => {
    const honest = await honestOnes(scene, random, 4);
    const topic = random.pick(scene.retryTopics);
    const due = random.pick(['soon', '9999-12-31T00:00:00.000Z', '', '1970-01-01T00:00:00.000Z']);
    const headers = headersOf({ 'dlq-offset': 'abc', 'dlq-due': due });
    const wellFormed = headersOf({
      'dlq-topic': scene.topic,
      'dlq-partition': '0',
      'dlq-offset': '9223372036854775807',
      'dlq-attempts': '2147483647',
      'dlq-first-failed-at': '2026-01-02T03:04:05.000Z',
      'dlq-failed-at': '2026-01-02T03:04:05.000Z',
      'dlq-due': '9999-12-31T00:00:00.000Z',
      'dlq-letter': 'none-such',
    });
    return placesOf(
      await scene.foreign.send([
        { topic, key: foreignKey(), value: anyBytes(random, 500), headers, fate: 'letter' },
        { topic, key: undefined, value: undefined, fate: 'letter' },
        // One that says that another group has to try it again is passed over.
        {
          topic,
          key: foreignKey(),
          value: bytes('{'),
          headers: wellFormedOf('another', wellFormed),
          fate: 'nothing',
        },
        ...honest.map((one) => copyOf(one, topic, wellFormed)),
      ]),
    );
  },
};

function wellFormedOf(group: string, headers: HeaderBytes): HeaderBytes {
  return [...headers, ...headersOf({ 'dlq-group': group })];
}

/**
 * Messages of others on the dead letter topic, where a transaction also ends the log. They have failed under no release: the
 * one that runs tries them once.
 */
export const onDeadLetters: Fault = {
  name: 'messages of others among the dead letters',
  light: true,
  weight: 2,
  happen: async (scene, random) => {
    const topic = scene.deadLetterTopic;
    const some = (): ForeignMessage[] => [
      {
        topic,
        key: undefined,
        value: undefined,
        headers: headersOf({ 'dlq-offset': 'x' }),
        fate: 'letter or nothing',
      },
      { topic, key: anyBytes(random, 40), value: anyBytes(random, 400), fate: 'letter or nothing' },
    ];
    const sent = await scene.foreign.send(some());
    const end = random.pick(['commit', 'abort'] as const);
    return placesOf([...sent, ...(await scene.foreign.send(some(), { transaction: end }))]);
  },
};

/** Events of other schemas, and events that nearly look like ours. */
export const otherSchemas: Fault = {
  name: 'other schemas',
  light: true,
  weight: 4,
  happen: async (scene, random) => {
    const [one] = await honestOnes(scene, random, 1);
    if (one === undefined) return undefined;
    const { topic } = scene;
    const like = (change: Readonly<Record<string, unknown>>, fate: ForeignMessage['fate'] = 'letter') =>
      eventLike(one, topic, { change, fate });
    const header = (names: Readonly<Record<string, string>>, fate: ForeignMessage['fate'] = 'letter') =>
      eventLike(one, topic, { header: names, fate });
    const raw = (text: string | Buffer): ForeignMessage => ({
      ...header({}),
      value: Buffer.from(text),
    });
    const all = [
      header({ ce_dataschema: '/ordershard/schemas/order-snapshot/999999' }),
      header({ ce_dataschema: '/ordershard/schemas/order-reference/1' }, 'letter'),
      header({ ce_dataschema: 'https://example.org/x' }),
      header({ ce_specversion: '0.3' }),
      header({ ce_type: 'order.exploded' }),
      header({ ce_sequence: '1e308' }),
      header({ ce_sequence: '000000000000000001' }, 'view or letter'),
      header({ ce_time: 'never' }, 'view or letter'),
      like({ total: 1.5 }),
      like({ total: '99999999999999999999' }),
      like({ total: '9223372036854775808' }),
      like({ placedAt: 'yesterday' }),
      like({ items: [null] }),
      like({ items: { length: 3 } }),
      like({ timeline: [[[]]] }),
      like({ deliveryAddress: 7 }),
      like({ status: '__proto__' }),
      like({ version: 2 }),
      like({ memberId: '$where', shopId: 'a.b\u0000c', shopName: '\ud800', note: '\u0000' }, 'view'),
      like({ $set: { x: 1 }, 'a.b': 1, '\u0000': 1 }, 'view'),
      raw('null'),
      raw('[]'),
      raw('"order"'),
      raw(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      raw('{"number":1e400}'),
      raw(Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from('avro')])),
      raw(Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])),
      raw(Buffer.from([0xff, 0xfe, 0x7b, 0x00])),
    ];
    return placesOf(await scene.foreign.send(random.shuffled(all).slice(0, random.between(5, 15))));
  },
};

/** Old events of ours come again after newer ones, in any order. */
export const oldEvents: Fault = {
  name: 'old events again',
  light: true,
  weight: 3,
  happen: async (scene, random) => {
    const honest = await honestOnes(scene, random, 100);
    scene.repeated += honest.length;
    return placesOf(await scene.foreign.send(honest.map((one) => copyOf(one, scene.topic))));
  },
};
