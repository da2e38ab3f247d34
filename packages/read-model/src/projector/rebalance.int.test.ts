import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { PARTITIONS, ReadModelScene, until } from '../read-model.fixture.ts';
import { KafkaSession } from './kafka-session.ts';

let scene: ReadModelScene;

beforeEach(async () => {
  scene = await ReadModelScene.create('rebalance');
});

afterEach(() => scene.end());

test.each([1, 2, 3])(
  'a member that joins while messages come gets its half, and what is committed never goes back (%d)',
  async () => {
    const group = `${scene.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}read-model`;
    const member = (clientId: string) =>
      new KafkaSession(
        {
          brokers: scene.brokers,
          clientId,
          topic: scene.topic,
          group,
          instanceId: undefined,
          bounds: { messages: 20_000, bytes: 50_000_000 },
        },
        // Messages take a while, so that some are under way when the group changes.
        (chunk) => void setTimeout(() => chunk.done(), 20),
      );
    const [first, second] = [member('first'), member('second')];
    await first.join();
    const joining = second.join();
    const back: string[] = [];
    let last = await scene.committed();
    const look = async () => {
      const now = await scene.committed();
      for (const [partition, offset] of now.entries()) {
        if (offset < last[partition]!) back.push(`${partition}: ${last[partition]} to ${offset}`);
      }
      last = now;
    };
    for (let i = 0; i < 40; i += 1) {
      await scene.publish(Array.from({ length: 30 }, (_, n) => sampleSnapshot(BigInt(n + 1), i + 1)));
      await look();
    }
    await joining;
    await until('both have their half', () =>
      [first, second].every(({ partitions }) => partitions.length === PARTITIONS / 2),
    );
    await until('all is committed', async () => {
      await look();
      const ends = await scene.ends();
      return last.every((offset, partition) => Math.max(0, offset) === ends[partition]);
    });
    expect(back).toEqual([]);
    await Promise.all([first.leave(), second.leave()]);
  },
);

test('a fourth member of six partitions gets one, and all of them are read', async () => {
  const group = `${scene.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}read-model`;
  const bounds = { messages: 20_000, bytes: 50_000_000 };
  const { brokers, topic } = scene;
  const members: KafkaSession[] = [];
  for (const clientId of ['a', 'b', 'c', 'd']) {
    const options = { brokers, clientId, topic, group, instanceId: undefined, bounds };
    const member = new KafkaSession(options, (chunk) => chunk.done());
    members.push(member);
    await member.join();
    const most = Math.ceil(PARTITIONS / members.length);
    await until(`${members.length} share them evenly`, () => {
      const sizes = members.map(({ partitions }) => partitions.length);
      return sizes.reduce((a, b) => a + b) === PARTITIONS && sizes.every((size) => size > 0 && size <= most);
    });
  }
  await scene.publish(Array.from({ length: 60 }, (_, n) => sampleSnapshot(BigInt(n + 1), 1)));
  await until(
    'all is committed',
    async () => JSON.stringify(await scene.committed()) === JSON.stringify(await scene.ends()),
  );
  await Promise.all(members.map((member) => member.leave()));
});
