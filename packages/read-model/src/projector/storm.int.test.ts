import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrderSnapshot } from '@ordershard/order-events';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { orderView } from '../projections/order-view.ts';
import { PROJECTOR, ReadModelScene, until } from '../read-model.fixture.ts';

const ORDERS = 150;
const VERSIONS = 5;

let scene: ReadModelScene;
let projectors: OwnProcess[] = [];

beforeEach(async () => {
  scene = await ReadModelScene.create('storm');
});

afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.kill()));
  projectors = [];
  await scene.end();
});

/** A generator of numbers in [0, 1) from a seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(some: readonly T[], random: () => number): T[] {
  return some
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const last = (number: bigint) =>
  sampleSnapshot(number, VERSIONS, {
    status: 'cancelled',
    cancellation: { by: 'member', reason: 'late' },
  });

describe('a storm of events', () => {
  test('each delivered three times in random order, with a zombie relay: views equal the orders, and none ever goes back', async () => {
    const random = seeded(7);
    const numbers = Array.from({ length: ORDERS }, (_, i) => BigInt(i + 1));
    const all: OrderSnapshot[] = numbers.flatMap((number) => [
      ...Array.from({ length: VERSIONS - 1 }, (_, at) => sampleSnapshot(number, at + 1)),
      last(number),
    ]);
    const seen = new Map<string, number>();
    const fallen: string[] = [];
    const changes = scene.views.watch([], { fullDocument: 'updateLookup' });
    const watching = (async () => {
      for await (const change of changes) {
        if (change.operationType === 'delete') fallen.push(`${String(change.documentKey._id)} is gone`);
        const version =
          change.operationType === 'insert' || change.operationType === 'replace'
            ? change.fullDocument.version
            : change.operationType === 'update'
              ? (change.updateDescription.updatedFields?.version ?? 0)
              : 0;
        if (version === 0) continue;
        const number = String((change as { documentKey: { _id: bigint } }).documentKey._id);
        if (version <= (seen.get(number) ?? 0)) fallen.push(`${number}: ${seen.get(number)} to ${version}`);
        seen.set(number, version);
      }
    })();
    watching.catch(() => undefined);
    for (let i = 0; i < 2; i += 1)
      projectors.push(await startProcess({ file: PROJECTOR, args: ['project'], env: scene.env }));
    await scene.publish(shuffled([...all, ...all, ...all], random));
    // A relay that was thought dead wakes, and sends what it still holds.
    await scene.publish(
      shuffled(
        all.filter(({ version }) => version <= 2),
        random,
      ),
    );
    await until('all is committed', async () => {
      const [committed, ends] = [await scene.committed(), await scene.ends()];
      return committed.join() === ends.join();
    });
    const stored = await scene.views.find().sort({ _id: 1 }).toArray();
    expect(stored).toEqual(numbers.map((number) => orderView({ data: last(number) })));
    await until('the change stream has told of all', () => {
      return seen.size === ORDERS && [...seen.values()].every((version) => version === VERSIONS);
    });
    expect(fallen).toEqual([]);
    expect(await scene.deadLetterCount()).toBe(0);
    await changes.close();
  });

  test('a cancel that comes before its create: the right view, and no dead letter', async () => {
    projectors.push(await startProcess({ file: PROJECTOR, args: ['project'], env: scene.env }));
    await scene.publish([last(1n)]);
    await until('the order is there', async () => (await scene.views.countDocuments()) === 1);
    await scene.publish([sampleSnapshot(1n, 1), sampleSnapshot(1n, 2)]);
    await until('all is committed', async () => {
      const [committed, ends] = [await scene.committed(), await scene.ends()];
      return committed.reduce((a, b) => a + Math.max(b, 0), 0) === ends.reduce((a, b) => a + b, 0);
    });
    expect(await scene.views.find().toArray()).toEqual([orderView({ data: last(1n) })]);
    expect(await scene.deadLetterCount()).toBe(0);
  });
});
