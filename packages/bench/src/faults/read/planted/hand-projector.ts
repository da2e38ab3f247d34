import { createLogger, runProcess, serveHealth } from '@ordershard/process';
import { Consumer, type Message, stringDeserializers } from '@platformatic/kafka';
import { type AnyBulkWriteOperation, Long, MongoClient } from 'mongodb';

/** What is wrong with a projector by hand. */
export interface Bug {
  /** Offsets are committed so long before the views are written, milliseconds. */
  readonly commitsBefore?: number;
  /** Views are written whatever is there. */
  readonly ungated?: boolean;
}

interface View {
  readonly _id: Long;
  readonly version: number;
}

const AT_ONCE = 5_000;

/** Runs a projector by hand, with a bug. It writes no more of a view than the check needs to see that it is wrong. */
export async function runHandProjector({ commitsBefore, ungated = false }: Bug): Promise<void> {
  const { env } = process;
  await runProcess('projector', async () => {
    const log = createLogger('projector', 'info');
    const mongo = new MongoClient(env['ORDERSHARD_MONGODB_URL']!);
    const views = mongo.db().collection<View>('order_views', { writeConcern: { w: 'majority' } });
    const topic = `${env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}orders.snapshots`;
    const write = async (messages: readonly Message<string, string, string, string>[]) => {
      const operations = messages.map(({ value }) => operationOf(JSON.parse(value) as object, ungated));
      await views.bulkWrite(operations, { ordered: true }).catch((error: unknown) => {
        // The gate of these filters shows as a duplicate key.
        if ((error as { code?: unknown }).code !== 11_000) throw error;
      });
    };
    let consumer = consumerOf(topic);
    const commit = async (messages: readonly Message<string, string, string, string>[]) => {
      const last = new Map(messages.map((message) => [message.partition, message]));
      const offsets = [...last.values()].map(({ partition, offset }) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch: 0,
      }));
      await consumer.commit({ offsets });
    };
    const work = async () => {
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
      });
      let batch: Message<string, string, string, string>[] = [];
      for await (const message of stream) {
        batch.push(message);
        if (batch.length < AT_ONCE && stream.readableLength > 0) continue;
        if (commitsBefore === undefined) await write(batch);
        await commit(batch);
        if (commitsBefore !== undefined) {
          await new Promise((resolve) => setTimeout(resolve, commitsBefore));
          await write(batch);
        }
        batch = [];
      }
    };
    const stopped = new AbortController();
    const working = (async () => {
      while (!stopped.signal.aborted) {
        // A commit that a rebalance refuses, for one: as a member that comes anew it goes on.
        await work().catch((error: unknown) => log.warn({ err: error }, 'cannot project'));
        await consumer.close(true).catch(() => undefined);
        if (!stopped.signal.aborted) consumer = consumerOf(topic);
      }
    })();
    const partitions = () => consumer.assignments?.flatMap((one) => one.partitions) ?? [];
    const health = await serveHealth(
      { ready: () => ({ ok: true, detail: { partitions: partitions() } }) },
      0,
    );
    return {
      port: health.port,
      stop: async () => {
        stopped.abort();
        await health.close();
        await consumer.close(true).catch(() => undefined);
        await working;
      },
    };
  });
}

function consumerOf(topic: string): Consumer<string, string, string, string> {
  return new Consumer({
    clientId: 'by-hand',
    groupId: `${topic}.by-hand`,
    bootstrapBrokers: process.env['ORDERSHARD_KAFKA_BROKERS']!.split(','),
    deserializers: stringDeserializers,
    autocommit: false,
    sessionTimeout: 6_000,
    heartbeatInterval: 1_500,
    maxWaitTime: 100,
    highWaterMark: AT_ONCE,
  });
}

function operationOf(snapshot: object, ungated: boolean): AnyBulkWriteOperation<View> {
  const { number, version } = snapshot as { number: string; version: number };
  const view: View = { ...snapshot, _id: Long.fromString(number), version };
  const filter = ungated ? { _id: view._id } : { _id: view._id, version: { $lt: version } };
  return { replaceOne: { filter, replacement: view, upsert: true } };
}
