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
