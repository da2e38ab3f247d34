import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { Producer } from '@platformatic/kafka';
import { ReadModelScene, until } from '../read-model.fixture.ts';
import { amountOf } from './backlog.ts';
import { KafkaSource } from './kafka-source.ts';
import type { Chunk } from './message.ts';

let scene: ReadModelScene;

beforeEach(async () => {
  scene = await ReadModelScene.create('source');
});

afterEach(() => scene.end());

test('what sessions that ended have left counts towards what may be read ahead, whatever it consists of', async () => {
  const bounds = { messages: 20_000, bytes: 2_000_000 };
  const { brokers, topic } = scene;
  const source = new KafkaSource(
    { brokers, clientId: 'test', topic, group: `${topic}-test`, instanceId: undefined, bounds },
    createLogger('test', 'silent'),
  );
  // Long texts by turns in values and headers.
  for (let i = 0; i < 40; i += 1) {
    const long = Buffer.alloc(200_000, 'x');
    await scene.publishRaw({
      partition: i % 6,
      key: Buffer.from(String(i)),
      ...(i < 20
        ? { value: long }
        : { value: Buffer.from('{}'), headers: new Map([[Buffer.from('h'), long]]) }),
    });
  }
  const held = new Set<Chunk>();
  const bytes = () => [...held].reduce((sum, { messages }) => sum + amountOf(messages).bytes, 0);
  let finish = false;
  const seen = new Set<string>();
  const take = (chunk: Chunk) => {
    for (const { partition, offset } of chunk.messages) seen.add(`${partition}/${offset}`);
    held.add(chunk);
    if (finish) setImmediate(() => chunk.done());
  };
  const session = async (work: () => Promise<void>) => {
    const stopping = new AbortController();
    const reading = source.read(take, stopping.signal);
    await work();
    stopping.abort();
    await reading;
    await source.leave();
  };
  const first = async () => {
    await until('it has its partitions', () => source.partitions.length === 6);
    await until('it has read what it may', () => bytes() >= bounds.bytes);
  };
  await session(first);
  const most = bytes();
  // Each joins, and would have read by the time that another client has looked at the topic twice.
  const next = async () => {
    await first();
    await scene.ends();
    await scene.ends();
  };
  await session(next);
  await session(next);
  expect(bytes()).toBe(most);
  await session(async () => {
    await first();
    finish = true;
    for (const chunk of held) chunk.done();
    await until('all is read', () => seen.size === 40);
  });
});

test("a transaction that its producer has left open is told as what a partition's reading stands still for", async () => {
  const { brokers, topic } = scene;
  const bounds = { messages: 20_000, bytes: 2_000_000 };
  const options = { brokers, clientId: 'test', topic, group: `${topic}-test`, instanceId: undefined, bounds };
  const source = new KafkaSource({ ...options, standstillMs: 5_000 }, createLogger('test', 'silent'));
  const stopping = new AbortController();
  let count = 0;
  const take = (chunk: Chunk) => {
    count += chunk.messages.length;
    chunk.done();
  };
  const reading = source.read(take, stopping.signal);
  await until('it has its partitions', () => source.partitions.length === 6);
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: brokers,
    idempotent: true,
    transactionalId: `${topic}-test`,
    // The broker ends one that is open for longer.
    timeout: 600_000,
  });
  const transaction = await producer.beginTransaction();
  await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from('a') }] });
  for (const partition of [0, 1]) await scene.publishRaw({ partition, value: Buffer.from('b') });
  await until('it is told', () => source.standstills.some(({ partition }) => partition === 0));
  expect(source.standstills).toEqual([
    {
      partition: 0,
      text: expect.stringMatching(
        /partition 0 has stood at 0 of 2 for \d+ s: a transaction of a producer is open there$/,
      ),
    },
  ]);
  await until('the other is read', () => count === 1);
  await transaction.commit();
  await until('all is read', () => count === 3);
  await until('it moves again', () => source.standstills.length === 0);
  stopping.abort();
  await reading;
  await source.leave();
  await producer.close();
});
