import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { ReadModelScene } from '../read-model.fixture.ts';
import { expectedView } from '../verify/expected-view.ts';
import { orderViews } from './order-views.ts';
import { writeViews } from './write-views.ts';

let scene: ReadModelScene;

beforeEach(async () => {
  scene = await ReadModelScene.create('write');
});

afterEach(() => scene.end());

test('a view that the server refuses for what it is is named, and the others of the bulk are stored', async () => {
  await scene.db.createCollection(scene.views.collectionName, { validator: { note: { $ne: 'poison' } } });
  const views = [1n, 2n, 3n].map((number) =>
    expectedView(sampleSnapshot(number, 1, number === 2n ? { note: 'poison' } : {})),
  );
  const { refused } = await writeViews(scene.views, views);
  expect(refused).toEqual([
    { index: 1, error: expect.objectContaining({ code: 'READ_MODEL_VIEW_REFUSED', retryable: true }) },
  ]);
  expect(refused[0]!.error.message).toContain('failed validation');
  const stored = await scene.views.find().sort({ _id: 1 }).toArray();
  expect(stored.map(({ _id }) => _id)).toEqual([1n, 3n]);
});

test.each([
  ['taken for new', true],
  ['taken for known', false],
])('a view gives way to a newer version only, when it is %s', async (_, isNew) => {
  const write = (...versions: number[]) =>
    writeViews(
      scene.views,
      versions.map((version, i) => expectedView(sampleSnapshot(BigInt(i + 1), version))),
      () => isNew,
    );
  const stored = async () =>
    (await scene.views.find().sort({ _id: 1 }).toArray()).map(({ version }) => version);
  expect((await write(1, 5, 2)).known).toBe(0);
  expect((await write(3, 4, 1)).known).toBe(isNew ? 3 : 0);
  expect(await stored()).toEqual([3, 5, 2]);
  await write(1, 1, 1);
  expect(await stored()).toEqual([3, 5, 2]);
});

test('views of any size are written in commands that the server takes; one that no document can hold is refused alone', async () => {
  // With three bytes a character; the API takes orders of such texts, of 75 KB each.
  const long = (n: number) => ({ note: '떡'.repeat(n) });
  const views = Array.from({ length: 60 }, (_, i) =>
    expectedView(sampleSnapshot(BigInt(i + 1), 2, long(250_000))),
  );
  const tooLarge = expectedView(sampleSnapshot(99n, 2, long(6_000_000)));
  for (const isNew of [true, false]) {
    const { refused } = await writeViews(scene.views, [tooLarge, ...views], () => isNew);
    expect(refused).toEqual([
      { index: 0, error: expect.objectContaining({ code: 'READ_MODEL_VIEW_TOO_LARGE', retryable: false }) },
    ]);
  }
  expect(await scene.views.countDocuments()).toBe(60);
});

test('what is acknowledged is in the journals of a majority', async () => {
  const client = new MongoClient(scene.env['ORDERSHARD_MONGODB_URL']!, { monitorCommands: true });
  const concerns: unknown[] = [];
  client.on('commandStarted', ({ command, commandName }) => {
    if (['insert', 'update', 'delete'].includes(commandName)) concerns.push(command['writeConcern']);
  });
  const views = orderViews(client.db());
  const view = expectedView(sampleSnapshot(1n, 1));
  await writeViews(views, [view], () => true);
  await writeViews(views, [view]);
  await views.deleteOne({ _id: 1n });
  await client.close();
  expect(concerns).toHaveLength(3);
  for (const concern of concerns) expect(concern).toMatchObject({ w: 'majority', j: true });
});
