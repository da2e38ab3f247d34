import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { sampleEnvelope, sampleSnapshot } from '../order-samples.fixture.ts';
import {
  PARTITIONS,
  PROJECTOR,
  ReadModelScene,
  runReadModel,
  until,
  whenWell,
} from '../read-model.fixture.ts';

let scene: ReadModelScene;
let projector: OwnProcess;

beforeEach(async () => {
  scene = await ReadModelScene.create('foreign');
  const env = { ...scene.env, ORDERSHARD_RETRY_DELAYS: '0.1,0.2' };
  projector = await startProcess({ file: PROJECTOR, args: ['project'], env });
});

afterEach(async () => {
  await projector.kill();
  await scene.end();
});

type Headers = Readonly<Record<string, string | Buffer | null>>;

/** Headers as the producer writes them: it writes a value that is null as an absent one. */
const asBytes = (headers: Headers) =>
  new Map(
    Object.entries(headers).map(([name, text]) => [
      Buffer.from(name),
      (typeof text === 'string' ? Buffer.from(text) : text) as Buffer,
    ]),
  );

/** Publishes an order's event with other headers, value or key to the partition `number` modulo 6. */
async function publish(number: bigint, headers: Headers, change: { value?: Buffer; key?: Buffer } = {}) {
  const own = sampleEnvelope(sampleSnapshot(number, 1));
  const { key = Buffer.from(own.key), value = Buffer.from(own.value) } = change;
  const partition = Number(number % BigInt(PARTITIONS));
  await scene.publishRaw({ partition, key, value, headers: asBytes({ ...own.headers, ...headers }) });
}

/** Publishes good orders to all partitions, and waits for their views and until all is committed. */
async function goodOnesArrive(): Promise<void> {
  const good = Array.from({ length: 60 }, (_, i) => BigInt(1_000 + i));
  await scene.publish(good.map((number) => sampleSnapshot(number, 1)));
  await until(
    'the good ones are there',
    async () => (await scene.views.countDocuments({ _id: { $in: good as never[] } })) === good.length,
  );
  await until(
    'all is committed',
    async () => JSON.stringify(await scene.committed()) === JSON.stringify(await scene.ends()),
  );
  await whenWell(projector.port);
}

const isThere = async (number: bigint) => (await scene.views.findOne({ _id: number })) !== null;

test('a header without a value is a header that is not there', async () => {
  await publish(1n, { traceparent: null });
  await publish(2n, { ce_sequence: null });
  await publish(3n, { 'somebody-else': null });
  await goodOnesArrive();
  await until('those with what they need', async () => (await isThere(1n)) && (await isThere(3n)));
  expect(await isThere(2n)).toBe(false);
  const [letter] = await scene.deadLetters(1);
  expect(letter!.headers['dlq-reason']).toBe('ORDER_EVENTS_ENVELOPE: header ce_sequence is missing');
});

test('headers that look like ours are believed nowhere but in our own topics, and there only when they can be read', async () => {
  const forged = { 'dlq-topic': 'another', 'dlq-partition': '-1', 'dlq-offset': 'abc', 'dlq-due': 'soon' };
  const unreadable = Buffer.from('{');
  await publish(1n, forged, { value: unreadable });
  await publish(
    2n,
    { ...forged, 'dlq-offset': '7', 'dlq-first-failed-at': 'yesterday' },
    { value: unreadable },
  );
  await publish(3n, forged);
  const retry = `${scene.topic}.retry.1`;
  await until('the retry topic is there', async () => (await scene.ends(retry).catch(() => [])).length > 0);
  for (const due of ['soon', '9999-12-31T00:00:00.000Z']) {
    const { key, value, headers } = sampleEnvelope(sampleSnapshot(4n, 1));
    await scene.publishRaw({
      topic: retry,
      partition: 4,
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: asBytes({ ...headers, ...forged, 'dlq-due': due }),
    });
  }
  await goodOnesArrive();
  await until('the readable ones', async () => (await isThere(3n)) && (await isThere(4n)));
  const letters = await scene.deadLetters(2);
  for (const { headers } of letters) {
    expect(headers).toMatchObject({ 'dlq-topic': scene.topic, 'dlq-attempts': '1' });
    expect(headers['dlq-offset']).toMatch(/^\d+$/);
  }
});

/** More than one answer of a broker holds of a partition. */
const LONG = 16;

test('what other producers aborted is never seen, however many transactions and however long, and holds up nobody', async () => {
  const producer = new Producer<string, string, string, string>({
    clientId: 'other',
    bootstrapBrokers: scene.brokers,
    serializers: stringSerializers,
    idempotent: true,
    transactionalId: randomUUID(),
    timeout: 60_000,
  });
  const partition = 1;
  /** Writes to one partition, `copies` times, and ends the transaction. */
  const write = async (number: bigint, end: 'commit' | 'abort', copies = 1) => {
    const { key, value, headers } = sampleEnvelope(sampleSnapshot(number, 1));
    const padded = { ...headers, padding: 'x'.repeat(copies === 1 ? 1 : 100_000) };
    const transaction = await producer.beginTransaction();
    for (let i = 0; i < copies; i += 1)
      await transaction.send({ messages: [{ topic: scene.topic, partition, key, value, headers: padded }] });
    await (end === 'commit' ? transaction.commit() : transaction.abort());
  };
  // Written before any of it is read, so that one answer holds several.
  await projector.kill();
  try {
    await write(1n, 'abort');
    await write(2n, 'commit');
    await write(3n, 'abort');
    await write(4n, 'abort', LONG);
    await write(5n, 'commit');
  } finally {
    await producer.close();
  }
  projector = await startProcess({ file: PROJECTOR, args: ['project'], env: scene.env });
  await goodOnesArrive();
  const seen = await scene.views.find({ _id: { $lt: 1_000n } as never }).toArray();
  expect(new Set(seen.map(({ _id }) => _id))).toEqual(new Set([2n, 5n]));
}, 90_000);

test.each(['gzip', 'zstd'] as const)(
  'a batch of %s that unpacks to more than is bearable is one dead letter, and what is behind it is projected',
  async (compression) => {
    const producer = new Producer({
      clientId: 'other',
      bootstrapBrokers: scene.brokers,
      compression,
    });
    const value = Buffer.alloc(70 * 1_048_576, 'x');
    try {
      for (const partition of [0, 3])
        await producer.send({ messages: [{ topic: scene.topic, partition, key: Buffer.from('7'), value }] });
    } finally {
      await producer.close();
    }
    await goodOnesArrive();
    const letters = await scene.deadLetters(2);
    for (const { value: kept, headers } of letters) {
      expect(kept).toBeUndefined();
      expect(headers['dlq-reason']).toMatch(
        new RegExp(
          `^ORDER_EVENTS_ENVELOPE: a batch of 1 messages, offsets 0 to 0, packed with ${compression}, `,
        ),
      );
    }
    expect(new Set(letters.map(({ headers }) => headers['dlq-partition']))).toEqual(new Set(['0', '3']));
  },
  90_000,
);

test('a projector whose first broker takes connections and never answers projects, and stores dead letters', async () => {
  await projector.kill();
  const silent = createServer((socket) => socket.on('error', () => undefined));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const brokers = [`127.0.0.1:${(silent.address() as AddressInfo).port}`, ...scene.brokers].join(',');
  try {
    const env = { ...scene.env, ORDERSHARD_KAFKA_BROKERS: brokers };
    projector = await startProcess({ file: PROJECTOR, args: ['project'], env });
    await publish(1n, {}, { value: Buffer.from('{') });
    await goodOnesArrive();
    expect(await scene.deadLetters(1)).toHaveLength(1);
    const { exitCode } = await runReadModel(env, ['dlq', 'list', '--json']);
    expect(exitCode).toBe(0);
    await projector.stop();
  } finally {
    silent.close();
  }
}, 90_000);

test('dead letters are listed where a transaction of somebody else ends their log', async () => {
  await publish(1n, {}, { value: Buffer.from('{') });
  await scene.deadLetters(1);
  const producer = new Producer<string, string, string, string>({
    clientId: 'other',
    bootstrapBrokers: scene.brokers,
    serializers: stringSerializers,
    idempotent: true,
    transactionalId: randomUUID(),
    timeout: 60_000,
  });
  try {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: [{ topic: `${scene.topic}.dlq`, partition: 0, value: 'x' }] });
    await transaction.abort();
  } finally {
    await producer.close();
  }
  const { stdout, exitCode } = await runReadModel(scene.env, ['dlq', 'list', '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toHaveLength(1);
}, 60_000);

test('dead letters of any number and size are stored, those that fit nowhere without their bytes, and none stops a partition', async () => {
  // Topics take 1 MiB, as brokers do unless they are told otherwise: with a letter's headers the largest does not fit.
  const filled = (bytes: number) => Buffer.alloc(bytes, 'x');
  await scene.publishRaw({ partition: 0, key: Buffer.from('6'), value: filled(1_048_300) });
  for (let i = 0; i < 400; i += 1) await publish(6n, {}, { value: filled(10_000) });
  await publish(7n, { large: filled(900_000) }, { value: filled(100_000) });
  await goodOnesArrive();
  const { stdout, exitCode } = await runReadModel(scene.env, ['dlq', 'list', '--limit', '1000', '--json']);
  expect(exitCode).toBe(0);
  const letters = JSON.parse(stdout) as { order: string; reason: string; origin: { offset: string } }[];
  expect(letters).toHaveLength(402);
  expect(new Set(letters.map(({ order, origin }) => `${order} ${origin.offset}`)).size).toBe(402);
  expect(letters.filter(({ reason }) => reason.startsWith('TOO_LARGE'))).toHaveLength(1);
});
