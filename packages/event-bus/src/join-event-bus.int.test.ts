import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Namespace, TcpProxy, testNamespace } from '@ordershard/stack';
import { z } from 'zod';
import { BusUnavailableError } from './errors.ts';
import { connectEventBus } from './event-bus.ts';
import { defineRemoteEvent } from './events/remote-event.ts';
import { joinEventBus } from './join-event-bus.ts';

const noted = defineRemoteEvent('noted', z.object({ text: z.string() }));

let namespace: Namespace;
let brokers: string[];
let topic: string;

beforeAll(async () => {
  namespace = await testNamespace('join');
  brokers = namespace.env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
  topic = `${namespace.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}bus`;
});

afterAll(async () => namespace.drop());

test('one that cannot reach the bus says so, keeps its handlers, and joins when it can', async () => {
  const [host, port] = brokers[0]!.split(':') as [string, string];
  const proxy = await TcpProxy.to(Number(port), host);
  proxy.cut();
  const member = joinEventBus({
    brokers: [`127.0.0.1:${proxy.port}`],
    topic,
    server: 'late',
    id: '1',
    events: [noted],
    limits: { join: 10_000 },
  });
  const { promise: heard, resolve } = Promise.withResolvers<string>();
  const withdraw = member.on(noted, () => resolve('withdrawn'));
  withdraw();
  member.on(noted, ({ text }) => resolve(text));
  expect(member.problem).toBeDefined();
  await expect(member.publish(noted, { text: 'too early' })).rejects.toThrow(BusUnavailableError);
  proxy.mend();
  const other = await connectEventBus({ brokers, topic, server: 'other', id: '1', events: [noted] });
  // It reads from the end of the topic on, wherever that is when it joins: told until it is there.
  const told = new AbortController();
  const telling = (async () => {
    while (!told.signal.aborted) await other.publish(noted, { text: 'hello' });
  })();
  expect(await heard).toBe('hello');
  told.abort();
  await telling;
  expect(member.problem).toBeUndefined();
  await Promise.all([member.close(), other.close(), proxy.close()]);
});

test('one that never gets there is closed all the same', async () => {
  const member = joinEventBus({
    brokers: ['127.0.0.1:1'],
    topic,
    server: 'never',
    id: '1',
    events: [noted],
    limits: { join: 2_000 },
  });
  await member.close();
  expect(() => member.on(noted, () => undefined)).toThrow('the bus is closed');
});
