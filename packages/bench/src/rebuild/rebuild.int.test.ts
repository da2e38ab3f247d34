import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MongoOrderViews } from '@ordershard/order-service';
import { encodeNumber, lowestNumberAt } from '@ordershard/shard-router';
import { testNamespace } from '@ordershard/stack';
import { READ_MODEL, ReadModelScene, RELAY, until } from './scene.ts';

let scene: ReadModelScene;
let readers: Readers | undefined;

beforeEach(async () => {
  scene = await ReadModelScene.create(await testNamespace('rebuild'));
});

afterEach(async () => {
  await readers?.stop();
  await scene.end();
});

const DAY_MS = 86_400_000;
const NEW = 'order_views_b1';

/** Reads orders over and over, each reader by a client of its own, and notes what none should ever see. */
class Readers {
  readonly wrong: string[] = [];
  reads = 0;
  #running = true;
  readonly #work: Promise<void>;

  constructor(count: number, known: readonly bigint[]) {
    const url = scene.env['ORDERSHARD_MONGODB_URL']!;
    this.#work = Promise.all(
      Array.from({ length: count }, (_, reader) => this.#read(reader, new MongoOrderViews(url), known)),
    ).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#work;
  }

  async #read(reader: number, views: MongoOrderViews, known: readonly bigint[]): Promise<void> {
    const last = new Map<bigint, number>();
    for (let n = reader; this.#running && this.wrong.length < 20; n += 7) {
      const number = known[n % known.length]!;
      try {
        const snapshot = await views.find(number);
        this.reads += 1;
        const before = last.get(number) ?? 0;
        if (snapshot === undefined) this.wrong.push(`reader ${reader}: ${number} is not there`);
        else if (snapshot.version < before)
          this.wrong.push(`reader ${reader}: ${number} from ${before} to ${snapshot.version}`);
        last.set(number, snapshot?.version ?? before);
      } catch (error) {
        this.wrong.push(`reader ${reader}: ${number}: ${(error as Error).message}`);
      }
    }
    await views.close();
  }
}

test('a rebuild under live writes and reads, killed three times, switched and rolled back, is noticed by no reader', async () => {
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
  await scene.start(READ_MODEL, ['project']);
  const known = await scene.place(3_000);
  const old = scene.views();
  await until('the views are there', async () => (await old.countDocuments()) === known.length);
  // Views past the retention, and one of no order.
  const model = (await old.findOne({ _id: known[0]! }))!;
  const first = encodeNumber({ timeMs: Date.now() - 40 * DAY_MS, worker: 1, sequence: 0 });
  const expired = Array.from({ length: 1_000 }, (_, n) => first + BigInt(n));
  await old.insertMany(expired.map((_id) => ({ ...model, _id })));
  const lowest = lowestNumberAt(Date.now() - 35 * DAY_MS);
  for (const shard of scene.router.allShards()) {
    await scene.router.onShard(shard, (session) =>
      session.execute('UPDATE bucket_fences SET writable_from = ?, readable_from = ?', [lowest, lowest]),
    );
  }
  const nobody = lowest + 1n;
  await old.insertOne({ ...model, _id: nobody });

  const traffic = scene.traffic();
  // Orders that are changed while they are read.
  const changing = (async () => {
    for (const type of ['pay', 'accept', 'cook', 'ready'] as const) {
      for (let from = 0; from < known.length; from += 100) {
        await scene.change(known.slice(from, from + 100), type);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  })();
  changing.catch(() => undefined);
  readers = new Readers(2, [...known, ...expired.slice(0, 50)]);
  await until('readers read', () => readers!.reads > 100);

  const progress = scene.db.collection<{ _id: string; copied: number; carriedOver: number }>(
    'read_model_progress',
  );
  const written = async () => {
    const found = await progress.findOne({ _id: `rebuild ${NEW}` });
    return found === null ? 0 : found.copied + found.carriedOver;
  };
  const slowly = ['--chunk', '50', '--rate', '500'];
  for (const [step, part] of [
    ['start', 300],
    ['resume', 1_000],
    ['resume', 2_000],
  ] as const) {
    const kill = new AbortController();
    const killed = scene.readModel(['rebuild', step, ...slowly], kill.signal);
    await until(`${part} are written`, async () => (await written()) >= part);
    kill.abort();
    expect((await killed).signal).toBe('SIGKILL');
  }
  expect((await scene.readModel(['rebuild', 'switch'])).exitCode).toBe(1);
  const resumed = await scene.readModel(['rebuild', 'resume']);
  expect(resumed.json).toMatchObject({ collection: NEW, phase: 'done', carriedOver: 1_000 });
  expect(await scene.views(NEW).countDocuments({ carriedOver: true })).toBe(1_000);
  expect(await scene.views(NEW).findOne({ _id: nobody })).toBeNull();

  const before = readers.reads;
  const switched = await scene.readModel(['rebuild', 'switch']);
  expect(switched.stderr).toBe('');
  expect(switched.json).toMatchObject({
    serving: NEW,
    targets: ['order_views', NEW],
  });
  await until('readers read', () => readers!.reads > before + 500);
  expect((await scene.readModel(['rebuild', 'rollback'])).json).toMatchObject({
    serving: 'order_views',
    targets: [NEW, 'order_views'],
  });
  expect((await scene.readModel(['rebuild', 'switch'])).json).toMatchObject({ serving: NEW });
  await changing;
  await traffic.stop();
  await readers.stop();
  expect(readers.wrong).toEqual([]);

  expect((await scene.readModel(['rebuild', 'finish'])).json).toEqual({ dropped: 'order_views' });
  expect(await scene.db.listCollections({ name: 'order_views' }).toArray()).toEqual([]);
  const verify = await scene.readModel(['verify', '--json']);
  expect(verify.json).toMatchObject({
    changed: 0,
    missing: 0,
    extra: 0,
    stale: 0,
    unsettled: 0,
    expired: 1_000,
  });
  expect(verify.exitCode).toBe(0);
}, 400_000);

test('a switch to a collection that is behind, or differs, is refused, and an abort drops it', async () => {
  await scene.start(RELAY, ['relay']);
  const projector = await scene.start(READ_MODEL, ['project']);
  const [one, two] = await scene.place(20);
  await until('the views are there', async () => (await scene.views().countDocuments()) === 20);
  expect((await scene.readModel(['rebuild', 'start'])).json).toMatchObject({ phase: 'done', copied: 20 });
  const saved = await scene.views(NEW).findOne({ _id: one! });
  await scene.views(NEW).deleteOne({ _id: one! });
  const behind = await scene.readModel(['rebuild', 'switch']);
  expect(behind.exitCode).toBe(1);
  expect(behind.stderr).toContain(`${NEW} is behind, such as in order ${one}`);
  await scene.views(NEW).insertOne(saved!);
  await scene.views(NEW).updateOne({ _id: two! }, { $set: { note: 'x' } });
  expect((await scene.readModel(['rebuild', 'switch'])).stderr).toContain(`${NEW} differs from the orders`);
  expect((await scene.readModel(['rebuild', 'status'])).json).toMatchObject({ serving: 'order_views' });
  expect((await scene.readModel(['rebuild', 'start'])).exitCode).toBe(1);
  expect((await scene.readModel(['rebuild', 'abort'])).json).toEqual({ dropped: NEW });
  expect((await scene.readModel(['rebuild', 'status'])).json).toMatchObject({ targets: ['order_views'] });
  await projector.stop();
}, 180_000);
