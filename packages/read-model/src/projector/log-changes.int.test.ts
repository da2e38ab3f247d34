import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { healthOf, PARTITIONS, PROJECTOR, ReadModelScene, until } from '../read-model.fixture.ts';

let scene: ReadModelScene;
let projectors: OwnProcess[] = [];

beforeEach(async () => {
  scene = await ReadModelScene.create('log-changes');
});

afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.kill()));
  projectors = [];
  await scene.end();
});

async function startProjector(env: Record<string, string> = {}): Promise<OwnProcess> {
  const projector = await startProcess({ file: PROJECTOR, args: ['project'], env: { ...scene.env, ...env } });
  projectors.push(projector);
  return projector;
}

const orders = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => sampleSnapshot(BigInt(from + i), 1));

const viewCount = () => scene.views.countDocuments();
const noticesOf = async ({ port }: OwnProcess) =>
  (await healthOf(port)).body['notices'] as string[] | undefined;

async function changes({ port }: OwnProcess, kind: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text
    .split('\n')
    .find((one) => one.startsWith('ordershard_read_model_log_changes_total') && one.includes(kind));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('an offset beyond the end of the log is told, and the log is read from its beginning', async () => {
  await scene.publish(orders(1, 120));
  const [end] = await scene.ends();
  await scene.commit(0, BigInt(end! + 50));
  const projector = await startProjector();
  await until('all views are there', async () => (await viewCount()) === 120);
  await until('it is told', async () => (await noticesOf(projector)) !== undefined);
  expect(await noticesOf(projector)).toEqual([
    `${scene.topic} partition 0: the log ends at ${end} and ${end! + 50} was to be read next: it lost messages; it is read again from 0`,
  ]);
  expect(await changes(projector, 'truncated')).toBe(1);
});

test('what expired before it was read is told by its offsets, and what follows is projected', async () => {
  await scene.publish(orders(1, 120));
  await scene.commit(0, 0n);
  await scene.expire(0, 5n);
  await scene.publish(orders(1_000, 60));
  const projector = await startProjector();
  const later = orders(1_000, 60).map(({ number }) => BigInt(number));
  await until(
    'what follows is there',
    async () => (await scene.views.countDocuments({ _id: { $in: later as never[] } })) === 60,
  );
  expect(await noticesOf(projector)).toEqual([
    expect.stringMatching(/partition 0: messages 0 to 4 expired before they were read; it goes on at 5/),
  ]);
  expect(await changes(projector, 'expired')).toBe(1);
});

test.each([
  ['one', 1, {}],
  ['two', 2, {}],
  ['one static member', 1, { ORDERSHARD_INSTANCE_ID: 'a' }],
])('partitions that are new are read by a running group of %s', async (_, members, env) => {
  const running = [];
  for (let i = 0; i < members; i += 1) running.push(await startProjector(env));
  await scene.publish(orders(1, 60));
  await until('the first are there', async () => (await viewCount()) === 60);
  await scene.growTo(2 * PARTITIONS);
  await until('writers know of them', async () => {
    await scene.publish(orders(1_000, 120));
    return (await scene.ends()).slice(PARTITIONS).some((end) => end > 0);
  });
  await until('all are there', async () => (await viewCount()) === 180);
  for (const projector of running) await projector.stop();
});
