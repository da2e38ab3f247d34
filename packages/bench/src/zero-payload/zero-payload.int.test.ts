import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OwnProcess, TcpProxy, testNamespace } from '@ordershard/stack';
import { ReadModelScene, READ_MODEL, RELAY, until, type ViewDocument } from '../rebuild/scene.ts';

let scene: ReadModelScene;
let projector: OwnProcess;
/** Before the second shard, as the projector sees it. */
let proxy: TcpProxy;

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('zero'));
});

afterAll(async () => {
  await scene.end();
  await proxy.close();
});

const stored = async () =>
  (await scene.views().find().sort({ _id: 1 }).toArray()) as unknown as ViewDocument[];

async function viaProxy(): Promise<string> {
  const urls = scene.env['ORDERSHARD_MYSQL_URLS']!.split(',');
  const url = new URL(urls[1]!);
  proxy = await TcpProxy.to(Number(url.port), url.hostname);
  url.host = `127.0.0.1:${proxy.port}`;
  return [urls[0], url.href, ...urls.slice(2)].join();
}

/** A metric of the projector; 0 where it is not there. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${projector.port}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`ordershard_read_model_${name}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('events without their order are hydrated from the shards, and the views equal the orders', async () => {
  await scene.start(RELAY, ['relay'], { ORDERSHARD_INTERNAL_EVENTS: 'on' });
  projector = await scene.start(READ_MODEL, ['project'], {
    ORDERSHARD_PROJECTOR_INPUT: 'events',
    ORDERSHARD_MYSQL_URLS: await viaProxy(),
    ORDERSHARD_RETRY_DELAYS: '0.1,0.5',
  });
  const numbers = await scene.place(300, 'ring twice');
  for (const type of ['pay', 'accept', 'cook'] as const) await scene.change(numbers, type);
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
});

test('events of a shard that is away wait for it, told and without dead letters, and no other shard waits', async () => {
  const numbers = (await stored()).map(({ _id }) => _id);
  const away = numbers.filter((number) => scene.router.shardOf(number) === 1);
  proxy.cut();
  await scene.change(numbers, 'ready');
  const newest = async () => (await stored()).filter(({ version }) => version === 5).map(({ _id }) => _id);
  await until('those of the other shard are projected', async () => {
    return (await newest()).length === numbers.length - away.length;
  });
  await until('they have gone round more often than other failures do', async () => {
    return (await metric('retries_total{stage="2"}')) >= 4 * away.length;
  });
  await until('it is told', async () => {
    const ready = await fetch(`http://127.0.0.1:${projector.port}/readyz`);
    return !ready.ok && /\d+ messages wait for orders, the oldest since/.test(await ready.text());
  });
  proxy.mend();
  await until('all are projected', async () => (await newest()).length === numbers.length);
  await until('it is ready', async () => (await fetch(`http://127.0.0.1:${projector.port}/readyz`)).ok);
  expect(await metric('dead_letters_total')).toBe(0);
});
