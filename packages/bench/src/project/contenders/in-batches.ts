import { EVENT_TOPICS } from '@ordershard/order-events';
import { Consumer, type Message } from '@platformatic/kafka';
import { type Outcome, Stopwatch, type Task } from '../contender.ts';

const BATCH = 1_000;

/** Consumes a topic by hand, a thousand messages at a time: each batch is dealt with, and its offsets are committed. */
export async function inBatches(
  task: Task,
  of: keyof typeof EVENT_TOPICS,
  deal: (batch: readonly Message[]) => Promise<void>,
): Promise<Outcome> {
  const topic = `${task.topicPrefix}${EVENT_TOPICS[of]}`;
  const consumer = new Consumer({
    clientId: 'floor',
    groupId: `${task.topicPrefix}floor`,
    bootstrapBrokers: [...task.brokers],
    autocommit: false,
    maxBytes: 4 * 1_048_576,
    highWaterMark: BATCH,
    maxWaitTime: 500,
  });
  const watch = new Stopwatch();
  const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
  watch.start();
  let batch: Message[] = [];
  let done = 0;
  for await (const message of stream) {
    batch.push(message);
    if (batch.length < BATCH && done + batch.length < task.events) continue;
    await deal(batch);
    const last = new Map(
      batch.map(({ partition, offset, leaderEpoch }) => [partition, { offset, leaderEpoch }]),
    );
    await consumer.commit({
      offsets: [...last].map(([partition, { offset, leaderEpoch }]) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch,
      })),
    });
    done += batch.length;
    batch = [];
    if (done >= task.events) break;
  }
  const outcome = watch.read();
  await consumer.close(true);
  return outcome;
}
