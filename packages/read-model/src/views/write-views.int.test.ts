import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { ReadModelScene } from '../read-model.fixture.ts';
import { expectedView } from '../verify/expected-view.ts';
import { openMongo, orderViews } from './order-views.ts';
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

test('a document that the driver cannot write, or for which the server has an error that nobody foresaw, fails alone', async () => {
  // Text is no place on earth: an answer that only an index of places gives.
  await scene.views.createIndex({ note: '2dsphere' });
  const view = (number: bigint, change = {}) => ({ ...expectedView(sampleSnapshot(number, 2)), ...change });
  const views = [view(1n), view(2n, { note: 'no place' }), view(3n), view(4n, { 'a\u0000b': 1 }), view(5n)];
  for (const isNew of [true, false]) {
    const { refused } = await writeViews(scene.views, views, () => isNew);
    expect(new Set(refused.map(({ index }) => index))).toEqual(new Set([1, 3]));
    for (const { error } of refused) expect(error.code).toBe('READ_MODEL_VIEW_REFUSED');
  }
  expect(await scene.views.countDocuments()).toBe(3);
});

test.each([true, false])(
  'writers that store the same new views at once, taken for new: %s, leave the newest',
  async (isNew) => {
    const clients = Array.from({ length: 4 }, () => openMongo(scene.env['ORDERSHARD_MONGODB_URL']!, 'test'));
    try {
      for (let round = 0; round < 5; round += 1) {
        const name = `race_${round}`;
        const written = await Promise.all(
          clients.map((client, writer) => {
            const views = Array.from({ length: 200 }, (_, i) =>
              expectedView(sampleSnapshot(BigInt(i), ((i + writer) % 4) + 1)),
            );
            return writeViews(orderViews(client.db(), name), views, () => isNew);
          }),
        );
        expect(written.flatMap(({ refused }) => refused)).toEqual([]);
        expect(await scene.db.collection(name).distinct('version')).toEqual([4]);
      }
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  },
);

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
