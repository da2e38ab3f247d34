import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testNamespace } from '@ordershard/stack';
import { ReadModelScene, READ_MODEL, RELAY, until, type ViewDocument } from '../rebuild/scene.ts';

let scene: ReadModelScene;

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('zero'));
}, 120_000);

afterAll(() => scene.end(), 60_000);

test('events without their order are hydrated from the shards, and the views equal the orders', async () => {
  await scene.start(RELAY, ['relay'], { ORDERSHARD_INTERNAL_EVENTS: 'on' });
  await scene.start(READ_MODEL, ['project'], { ORDERSHARD_PROJECTOR_INPUT: 'events' });
  const numbers = await scene.place(300, 'ring twice');
  for (const type of ['pay', 'accept', 'cook'] as const) await scene.change(numbers, type);
  const stored = async () =>
    (await scene.views().find().sort({ _id: 1 }).toArray()) as unknown as ViewDocument[];
  await until('all views are newest', async () => {
    const views = await stored();
    return views.length === numbers.length && views.every(({ version }) => version === 4);
  });
  const verified = await scene.readModel(['verify', '--json']);
  expect(verified.json).toMatchObject({
    checked: numbers.length,
    changed: 0,
    missing: 0,
    extra: 0,
    stale: 0,
  });
}, 120_000);
