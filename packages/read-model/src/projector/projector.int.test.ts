import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrderSnapshot } from '@ordershard/order-events';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { sampleEnvelope, sampleSnapshot } from '../order-samples.fixture.ts';
import { orderView } from '../projections/order-view.ts';
import { healthOf, PARTITIONS, PROJECTOR, ReadModelScene, until, whenWell } from '../read-model.fixture.ts';
import { TcpProxy } from '@ordershard/stack';

let scene: ReadModelScene;
let projectors: OwnProcess[] = [];

async function startProjector(env: Record<string, string> = {}): Promise<OwnProcess> {
  const projector = await startProcess({ file: PROJECTOR, args: ['project'], env: { ...scene.env, ...env } });
  projectors.push(projector);
  return projector;
}

beforeEach(async () => {
  scene = await ReadModelScene.create('project');
});

afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.kill()));
  projectors = [];
  await scene.end();
});

/** The versions of all views by order number. */
async function versions(): Promise<Map<bigint, number>> {
  const found = await scene.views.find({}, { projection: { version: 1 } }).toArray();
  return new Map(found.map(({ _id, version }) => [_id, version]));
}

/** Snapshots of `orders` orders with all their versions: all of version 1, then all of version 2, … */
function history(orders: number, upTo: number): OrderSnapshot[] {
  return Array.from({ length: upTo }, (_, i) =>
    Array.from({ length: orders }, (__, n) => sampleSnapshot(BigInt(n + 1), i + 1)),
  ).flat();
}

const asBytes = (headers: Readonly<Record<string, string>>) =>
  new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]));

const partitionsOf = async ({ port }: OwnProcess) =>
  ((await healthOf(port)).body['partitions'] as number[]).length;

const allAt = async (orders: number, version: number) => {
  const seen = await versions();
  return seen.size === orders && [...seen.values()].every((value) => value === version);
};

const committedAll = async () =>
  JSON.stringify(await scene.committed()) === JSON.stringify(await scene.ends());

describe('projector', () => {
  test('writes views as they are to be read: 64-bit integers, dates, texts untouched, indexes made', async () => {
    const projector = await startProjector();
    const snapshot = sampleSnapshot(9_007_199_254_740_993n, 1, {
      memberId: '$where',
      shopId: 'a.b.$c',
      shopName: '$$ROOT',
      note: '{"$set":{"total":0}}',
      total: '9223372036854775807',
      deliveryAddress: { line1: '$version', city: '$literal' },
      cancellation: { by: 'member', reason: '${now}' },
    });
    await scene.publish([snapshot]);
    await until('the view is there', async () => (await versions()).size === 1);
    const view = await scene.views.findOne({ _id: 9_007_199_254_740_993n });
    expect(view).toEqual(orderView({ data: snapshot } as Parameters<typeof orderView>[0]));
    const [types] = await scene.views
      .aggregate([
        {
          $project: { _id: 0, id: { $type: '$_id' }, total: { $type: '$total' }, at: { $type: '$placedAt' } },
        },
      ])
      .toArray();
    expect(types).toEqual({ id: 'long', total: 'long', at: 'date' });
    const keys = (await scene.views.indexes()).map(({ key }) => key);
    expect(keys).toEqual(
      expect.arrayContaining([{ _id: 1 }, { memberId: 1, _id: -1 }, { shopId: 1, _id: -1 }]),
    );
    await projector.stop();
  });

  test('a version never goes back, whatever is repeated or late', async () => {
    const projector = await startProjector();
    const fallen: string[] = [];
    const last = new Map<bigint, number>();
    const look = async () => {
      for (const [number, version] of await versions()) {
        if (version < (last.get(number) ?? 0)) fallen.push(`${number}: ${last.get(number)} to ${version}`);
        last.set(number, version);
      }
    };
    const events = history(200, 6);
    const publishing = (async () => {
      await scene.publish(events);
      await scene.publish(events.toReversed());
      await scene.publish(events.filter(({ version }) => version < 5));
    })();
    await until('all is committed', async () => {
      await look();
      return (await scene.ends()).reduce((a, b) => a + b) === 200 * 16 && (await committedAll());
    });
    await publishing;
    expect(fallen).toEqual([]);
    expect(await allAt(200, 6)).toBe(true);
    await projector.stop();
  });

  test('what cannot be read goes to the dead letters, and what follows in its partition is projected', async () => {
    const projector = await startProjector();
    // Of an order with no event that can be read: such an event would stand for older ones that cannot.
    const { key, headers } = sampleEnvelope(sampleSnapshot(9_999n, 1));
    const garbage = Buffer.from([0, 255, 254]);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await scene.publishRaw({ partition, key: Buffer.from(key), value: garbage, headers: asBytes(headers) });
      await scene.publishRaw({ partition, value: garbage });
      await scene.publishRaw({
        partition,
        key: Buffer.from(key),
        value: undefined,
        headers: asBytes(headers),
      });
    }
    await scene.publish(history(100, 2));
    await until('the views are there', () => allAt(100, 2));
    await until('all is committed', committedAll);
    const letters = await scene.deadLetters(3 * PARTITIONS);
    expect(letters.filter(({ value }) => value?.equals(garbage))).toHaveLength(2 * PARTITIONS);
    expect(new Set(letters.map((letter) => letter.headers['dlq-reason']))).toEqual(
      new Set([
        'ORDER_EVENTS_ENVELOPE: the message has no key',
        'ORDER_EVENTS_ENVELOPE: the message has no value',
        'ORDER_EVENTS_ENVELOPE: the value is not JSON',
      ]),
    );
    expect(letters[0]?.headers).toMatchObject({ 'dlq-topic': scene.topic, 'dlq-offset': '0' });
    expect(await whenWell(projector.port)).toMatchObject({ deadLetters: 3 * PARTITIONS });
    await projector.stop();
  });

  test.each([
    ['anonymous', {}],
    ['named', { ORDERSHARD_INSTANCE_ID: 'one' }],
  ])(
    'killed again and again in its work (%s), it converges with no loss',
    async (_, env) => {
      const events = history(2_000, 5);
      const publishing = scene.publish(events);
      for (const part of [0.1, 0.4, 0.7]) {
        const projector = await startProjector(env);
        await until(`${part} is projected`, async () => {
          const sum = [...(await versions()).values()].reduce((a, b) => a + b, 0);
          return sum > part * events.length;
        });
        await projector.kill('SIGKILL');
      }
      await publishing;
      const projector = await startProjector(env);
      await until('all views are newest', () => allAt(2_000, 5));
      await until('all is committed', committedAll);
      await projector.stop();
    },
    180_000,
  );

  test('one that stops hands its partitions over at once', async () => {
    const first = await startProjector();
    const second = await startProjector();
    await until('both have partitions', async () =>
      [await partitionsOf(first), await partitionsOf(second)].every((count) => count === PARTITIONS / 2),
    );
    await scene.publish(history(500, 2));
    await first.stop();
    await until('the second has all', async () => (await partitionsOf(second)) === PARTITIONS);
    await scene.publish(history(500, 3));
    await until('the views are there', () => allAt(500, 3));
    await second.stop();
  });

  test('while MongoDB is away nothing is committed and its health says so; when it is back, all is projected', async () => {
    const url = new URL(scene.env['ORDERSHARD_MONGODB_URL']!);
    const proxy = await TcpProxy.to(Number(url.port), url.hostname);
    const viaProxy = `mongodb://127.0.0.1:${proxy.port}${url.pathname}?directConnection=true`;
    const projector = await startProjector({ ORDERSHARD_MONGODB_URL: viaProxy });
    await scene.publish(history(50, 1));
    await until('all is committed', committedAll);
    const before = await scene.committed();
    proxy.cut();
    await scene.publish(history(50, 2));
    await until('it is not ready', async () => !(await healthOf(projector.port)).ok);
    expect((await healthOf(projector.port)).body).toMatchObject({ status: 'degraded' });
    expect(await scene.committed()).toEqual(before);
    proxy.mend();
    await until('the views are there', () => allAt(50, 2));
    await until('all is committed', committedAll);
    await until('it is ready', async () => (await healthOf(projector.port)).ok);
    await projector.stop();
    await proxy.close();
  });

  test('one that is started while MongoDB is away projects when it comes', async () => {
    const url = new URL(scene.env['ORDERSHARD_MONGODB_URL']!);
    const proxy = await TcpProxy.to(Number(url.port), url.hostname);
    proxy.cut();
    const viaProxy = `mongodb://127.0.0.1:${proxy.port}${url.pathname}?directConnection=true`;
    const projector = await startProjector({ ORDERSHARD_MONGODB_URL: viaProxy });
    await scene.publish(history(50, 1));
    await until('it says so', async () =>
      JSON.stringify((await healthOf(projector.port)).body['problems']).includes('MongoDB does not answer'),
    );
    proxy.mend();
    await until('the views are there', () => allAt(50, 1));
    await whenWell(projector.port);
    await projector.stop();
    await proxy.close();
  });
});
