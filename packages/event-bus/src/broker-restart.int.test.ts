import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Stack, startStack } from '@ordershard/stack';
import { BusScene, type Instance, ping, until } from './event-bus.fixture.ts';

let stack: Stack;
let scene: BusScene;
let publisher: Instance;
let other: Instance;

// A broker of its own, since this one is killed.
beforeAll(async () => {
  const env = { ...process.env };
  delete env['ORDERSHARD_KAFKA_BROKERS'];
  stack = await startStack({ ephemeral: true, parts: ['kafka'], env });
  const brokers = stack.env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
  scene = new BusScene(brokers, 'ordershard.bus', async () => undefined);
  const limits = { send: 2_000 };
  publisher = await scene.instance('api', '1', { limits });
  other = await scene.instance('api', '2', { limits });
}, 300_000);

afterAll(async () => {
  await scene.end();
  await stack.stop();
});

/** Publishes until it succeeds. */
async function publishAtLast(n: number): Promise<void> {
  await until(`${n} is published`, () =>
    publisher.bus.publish(ping, { n }).then(
      () => true,
      () => false,
    ),
  );
}

const seen = (n: number) => other.acted.some((body) => (body as { n?: number }).n === n);

test('without a broker a publish fails by type, and both go on when it is back', async () => {
  await publisher.bus.publish(ping, { n: 1 });
  await until('the first is there', () => seen(1));
  await stack.part('kafka').kill();
  await until('the other notices', () => other.bus.problem !== undefined);
  await expect(publisher.bus.publish(ping, { n: 2 })).rejects.toMatchObject({
    code: 'EVENT_BUS_NOT_SENT',
    retryable: true,
  });
  await stack.part('kafka').restart();
  await publishAtLast(3);
  await until('the third is there', () => seen(3));
  expect(other.bus.problem).toBeUndefined();
  expect(other.acted.filter((body) => (body as { n: number }).n === 1)).toHaveLength(1);
}, 300_000);

test('a broker that hangs fails a publish too, and both go on when it runs again', async () => {
  await stack.part('kafka').pause();
  try {
    await expect(publisher.bus.publish(ping, { n: 5 })).rejects.toMatchObject({ code: 'EVENT_BUS_NOT_SENT' });
    await until('the other notices', () => other.bus.problem !== undefined);
  } finally {
    await stack.part('kafka').resume();
  }
  await publishAtLast(4);
  await until('it is there', () => seen(4));
  expect(other.bus.problem).toBeUndefined();
}, 300_000);
