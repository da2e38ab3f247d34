import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { ReadModelScene } from '../read-model.fixture.ts';
import { expectedView } from '../verify/expected-view.ts';
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
