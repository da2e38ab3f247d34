import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { sampleEnvelope, sampleSnapshot } from '../order-samples.fixture.ts';
import { PROJECTOR, ReadModelScene, runReadModel, until } from '../read-model.fixture.ts';

let scene: ReadModelScene;
let projectors: OwnProcess[] = [];

beforeEach(async () => {
  scene = await ReadModelScene.create('failures');
  // What MongoDB refuses stands for any handler that fails for one order.
  await scene.db.createCollection(scene.views.collectionName, { validator: { note: { $ne: 'poison' } } });
});

afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.kill()));
  projectors = [];
  await scene.end();
});

async function startProjector(delays: string, release = 'v1'): Promise<OwnProcess> {
  const env = { ...scene.env, ORDERSHARD_RETRY_DELAYS: delays, ORDERSHARD_RELEASE: release };
  const projector = await startProcess({ file: PROJECTOR, args: ['project'], env });
  projectors.push(projector);
  return projector;
}

/** Takes away what made them fail. */
const fix = () => scene.db.command({ collMod: scene.views.collectionName, validator: {} });
const poison = (number: bigint) => sampleSnapshot(number, 1, { note: 'poison' });
const isThere = async (number: bigint) => (await scene.views.findOne({ _id: number })) !== null;

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly order: string;
  readonly reason: string;
  readonly attempts: number;
  readonly firstFailedAt: string;
  readonly failedAt: string;
  readonly release: string;
  readonly origin: Readonly<Record<string, unknown>>;
  readonly replayOf?: string;
}

async function dlq(...args: string[]): Promise<unknown> {
  const { stdout, stderr, exitCode } = await runReadModel(scene.env, ['dlq', ...args, '--json']);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const list = async (...args: string[]) => (await dlq('list', ...args)) as Listed[];

async function metric(projector: OwnProcess, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${projector.port}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`ordershard_read_model_${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Waits until so many letters have come. */
async function letters(projector: OwnProcess, count: number): Promise<void> {
  const name = 'dead_letters_total{reason="READ_MODEL_VIEW_REFUSED"}';
  await until(`${count} dead letters`, async () => (await metric(projector, name)) >= count);
}

test('what fails for a while is tried again later and projected, and holds up nothing', async () => {
  const projector = await startProjector('0.2,0.5,15');
  await scene.publish([sampleSnapshot(1n, 1), poison(2n), sampleSnapshot(3n, 1)]);
  await until('the others are there', async () => (await isThere(1n)) && (await isThere(3n)));
  await until('it was tried again', async () => (await metric(projector, 'retries_total{stage="1"}')) === 1);
  await fix();
  await until('it is projected', () => isThere(2n));
  expect(await list()).toEqual([]);
  await projector.stop();
});

test('past the last retry it is a letter, which is replayed after the fix; each state and who did what is known', async () => {
  const projector = await startProjector('0.1,0.2');
  await scene.publish([poison(1n), poison(2n), sampleSnapshot(3n, 1)]);
  const { key } = sampleEnvelope(sampleSnapshot(4n, 1));
  await scene.publishRaw({ partition: 0, key: Buffer.from(key), value: Buffer.from('{') });
  await letters(projector, 2);
  await until('the unreadable one', async () => (await list()).length === 3);
  const [refused, ...others] = await list('--order', '1');
  expect(others).toEqual([]);
  expect(refused).toMatchObject({ state: 'waiting', order: '1', attempts: 3, release: 'v1' });
  expect(refused!.reason).toMatch(/^READ_MODEL_VIEW_REFUSED: .*failed validation/);
  expect(refused!.origin).toMatchObject({ topic: scene.topic });
  expect(Date.parse(refused!.failedAt)).toBeGreaterThan(Date.parse(refused!.firstFailedAt));
  const [unreadable] = await list('--reason', 'ORDER_EVENTS_ENVELOPE');
  expect(unreadable).toMatchObject({ order: '4', attempts: 1, origin: { partition: 0 } });
  const [shown] = (await dlq('show', refused!.id)) as { stack: string; value: string; steps: unknown[] }[];
  expect(shown!.stack).toContain('ViewRefusedError');
  expect(JSON.parse(shown!.value)).toMatchObject({ number: '1', note: 'poison' });
  expect(shown!.steps).toEqual([]);

  // Without a fix it comes back as another letter.
  expect(await dlq('replay', refused!.id, '--why', 'hope', '--by', 'ann')).toMatchObject({
    replay: [refused!.id],
  });
  await letters(projector, 3);
  expect(await list('--order', '1', '--state', 'returned')).toMatchObject([{ id: refused!.id }]);
  const [again] = await list('--order', '1');
  expect(again).toMatchObject({ state: 'waiting', replayOf: refused!.id });

  await fix();
  const which = ['--reason', 'VIEW_REFUSED', '--why', 'validator removed', '--by', 'bob'];
  const planned = (await dlq('replay', ...which, '--dry-run')) as Listed[];
  expect(planned.map(({ order }) => order).toSorted()).toEqual(['1', '2']);
  expect(await isThere(1n)).toBe(false);
  await dlq('replay', ...which);
  await until('the views are there', async () => (await isThere(1n)) && (await isThere(2n)));
  await until('it is known', async () => (await list('--state', 'projected')).length === 2);
  await dlq('discard', unreadable!.id, '--why', 'not an order', '--by', 'bob');
  expect(await list()).toEqual([]);
  expect(await dlq('history')).toMatchObject([
    { action: 'discard', by: 'bob', why: 'not an order', letters: [unreadable!.id] },
    { action: 'replay', by: 'bob', why: 'validator removed', letters: planned.map(({ id }) => id) },
    { action: 'replay', by: 'ann', why: 'hope', letters: [refused!.id] },
  ]);
  const refusedOnes = await runReadModel(scene.env, ['dlq', 'replay', '--all', '--why', 'x']);
  expect(refusedOnes).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no letter') });
  await projector.stop();
});

test('a newer release replays the letters of an older one by itself, once', async () => {
  const before = await startProjector('0.1', 'v1');
  await scene.publish([poison(1n)]);
  await letters(before, 1);
  await before.stop();
  // Deployed before the cause is gone: replayed once, and not again and again.
  const second = await startProjector('0.1', 'v2');
  await letters(second, 1);
  await second.stop();
  const again = await startProjector('0.1', 'v2');
  await until('it has looked', async () => {
    const seen = await scene.db
      .collection<{ _id: string; next: object }>('dead_letter_releases')
      .findOne({ _id: 'v2' });
    return (
      JSON.stringify(seen?.next, (_, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      ) === '{"0":2}'
    );
  });
  expect(await list()).toMatchObject([{ release: 'v2' }]);
  await again.stop();
  await fix();
  const third = await startProjector('0.1', 'v3');
  await until('it is projected', () => isThere(1n));
  expect(await dlq('history')).toMatchObject([
    { action: 'self-healing', why: 'release v3' },
    { action: 'self-healing', why: 'release v2' },
  ]);
  await third.stop();
});

test('the letters of projectors of events are found by that input, and are none of the snapshots', async () => {
  const retries = { ORDERSHARD_RETRY_DELAYS: '0.1' };
  const before = await startProjector('0.1');
  const { key } = sampleEnvelope(sampleSnapshot(4n, 1));
  await scene.publishRaw({ partition: 0, key: Buffer.from(key), value: Buffer.from('{') });
  await until('the letter of the snapshots', async () => (await list()).length === 1);
  // Both are of one group, which reads one of the two.
  await before.stop();
  const topic = scene.topic.replace('snapshots', 'events');
  await scene.makeTopic(topic);
  const events = await startProcess({
    file: PROJECTOR,
    args: ['project'],
    env: { ...scene.env, ...retries, ORDERSHARD_PROJECTOR_INPUT: 'events' },
  });
  projectors.push(events);
  await scene.publishRaw({ topic, partition: 0, key: Buffer.from('5'), value: Buffer.from('{') });
  const ofEvents = (...args: string[]) => list('--input', 'events', ...args);
  await until('the letter of the events', async () => (await ofEvents()).length === 1);
  expect(await ofEvents()).toMatchObject([{ id: '0-0', order: '5', origin: { topic } }]);
  await dlq('discard', '0-0', '--why', 'not an order', '--input', 'events');
  expect(await ofEvents()).toEqual([]);
  expect(await list()).toMatchObject([{ id: '0-0', order: '4', state: 'waiting' }]);
  const byEnv = await runReadModel({ ...scene.env, ORDERSHARD_PROJECTOR_INPUT: 'events' }, [
    'dlq',
    'list',
    '--state',
    'discarded',
    '--json',
  ]);
  expect(JSON.parse(byEnv.stdout)).toMatchObject([{ id: '0-0', order: '5' }]);
});

test('letters of a topic that was deleted and made anew are new ones, whatever became of those before', async () => {
  const topic = `${scene.topic}.dlq`;
  const first = await startProjector('0.1,0.2');
  await scene.publish([poison(1n)]);
  await letters(first, 1);
  await dlq('discard', '0-0', '--why', 'given up');
  await scene.deleteTopic(topic);
  await scene.makeTopic(topic);
  await scene.publish([poison(2n)]);
  await letters(first, 2);
  expect(await list()).toEqual([expect.objectContaining({ id: '0-0', order: '2', state: 'waiting' })]);
  await first.stop();
  await fix();
  // A newer release looks through them from the first on.
  await startProjector('0.1,0.2', 'v2');
  await until('it is projected', () => isThere(2n));
});
