import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { changeOrders, ShardCatalogue } from '@ordershard/order-service';
import { runProcess, testNamespace } from '@ordershard/stack';
import { GIVEN_UP, GOOD_MANNER } from '@ordershard/third-parties';
import { READ_MODEL, ReadModelScene, RELAY, until } from '../rebuild/scene.ts';
import { FakeProcess, THIRD_PARTIES } from './fake.ts';
import { isSettled, standings, wrongsOf } from './settled.ts';

let scene: ReadModelScene;
let fake: FakeProcess;

const GOOD = { ...GOOD_MANNER, declined: 0, later: 0, stepMs: 20 };

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('parties'));
  fake = await FakeProcess.start(11, scene.env['ORDERSHARD_CLUSTER'] ?? 'ordershard');
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
});

afterEach(() => fake.set('all', GOOD));

afterAll(async () => {
  await scene.end();
  await fake.stop();
});

/** Starts a worker that looks soon and often at what hangs. */
function startWorker(env: Record<string, string> = {}) {
  return scene.start(THIRD_PARTIES, ['work'], {
    ...fake.env,
    ORDERSHARD_CHECK_EVERY_MS: '500',
    ORDERSHARD_CHECK_AFTER_MS: '1000',
    ...env,
  });
}

async function untilSettled(numbers: readonly bigint[]) {
  let last = await standings(scene.router, numbers, fake);
  await until('every order has ended', async () => {
    last = await standings(scene.router, numbers, fake);
    return last.every(isSettled);
  }).catch(() => undefined); // What hangs is among the wrongs.
  return last;
}

test('whatever third parties do, and a worker that is killed: every order ends, and money is where it belongs', async () => {
  const rough = {
    errors: 0.1,
    lost: 0.1,
    lies: 0.2,
    duplicates: 0.3,
    dropped: 0.3,
    declined: 0.2,
    later: 0.2,
  };
  await fake.set('all', { ...GOOD, ...rough, delayMs: [0, 50] });
  const first = await startWorker();
  const numbers = await scene.place(40);
  await until('some orders go on', async () => {
    const now = await standings(scene.router, numbers, fake);
    return now.filter(({ status }) => status !== 'created').length > 12;
  });
  await first.kill();
  numbers.push(...(await scene.place(20)));
  const second = await startWorker();
  // A member thinks better of some; those that have gone too far refuse.
  await changeOrders(
    {
      router: scene.router,
      catalogue: new ShardCatalogue(scene.router),
      source: '/bench/orders',
      now: () => new Date(),
    },
    numbers
      .slice(40)
      .map((number) => ({ number, command: { type: 'cancel', by: 'member', reason: 'no hunger' } })),
    { caller: { role: 'service', subject: 'test' } },
  );
  const all = await untilSettled(numbers);
  expect(all.flatMap(wrongsOf)).toEqual([]);
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['delivered', 'cancelled', 'refunded']));
  await second.stop();
});

test('a payment that cannot be had ends in a cancelled order, and what was taken all the same is given back', async () => {
  // Every charge is made, and no answer comes.
  await fake.set('payment', { lost: 1 });
  const worker = await startWorker({
    ORDERSHARD_PAYMENT_WITHIN_MS: '6000',
    ORDERSHARD_CALL_TIMEOUT_MS: '500',
  });
  const numbers = await scene.place(5);
  await until('all are given up', async () => {
    const now = await standings(scene.router, numbers, fake);
    return now.every(({ status, reason }) => status === 'cancelled' && reason === GIVEN_UP.payment);
  });
  await fake.set('payment', { lost: 0 });
  const all = await untilSettled(numbers);
  expect(all.flatMap(wrongsOf)).toEqual([]);
  // One that was given up before it was taken is withdrawn; the others are taken, and given back.
  const ends = all.map(({ payment }) => payment!.states.join(', '));
  expect(ends).toContain('captured, refunded');
  expect(ends.filter((end) => end !== 'captured, refunded' && end !== 'voided')).toEqual([]);
  await worker.stop();
});

test('one third party that is down holds up none of the others, and what hangs is found and mended in bulk', async () => {
  await fake.set('delivery', { down: true });
  const worker = await startWorker({ ORDERSHARD_CHECK_EVERY_MS: '3600000' });
  const numbers = await scene.place(10);
  const all = async () => standings(scene.router, numbers, fake);
  // Callbacks are lost too: nothing but a check can find out what the shops say.
  await until('the shops have all', async () => (await fake.ledger()).shop.size >= 10);
  await until('all are with the delivery', async () =>
    (await all()).every(({ status }) => status === 'ready'),
  );
  await worker.kill();
  await fake.set('delivery', { ...GOOD, dropped: 1 });
  const env = { ...scene.env, ...fake.env, ORDERSHARD_CHECK_AFTER_MS: '100', ORDERSHARD_LOG_LEVEL: 'warn' };
  await until('a check has found all', async () => {
    await runProcess({ file: THIRD_PARTIES, args: ['check'], env });
    return (await all()).every(isSettled);
  });
  expect((await all()).map(({ status }) => status)).toEqual(numbers.map(() => 'delivered'));
});
