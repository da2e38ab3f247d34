import kafkajs from 'kafkajs';
import { MongoClient } from 'mongodb';
import { ensureIndexes, orderViews } from '@ordershard/read-model';
import { type Outcome, Stopwatch, type Task } from '../contender.ts';
import { plainView } from './plain-view.ts';

/** What a team writes first: a message at a time, each stored before the next one is taken. */
export async function perMessage(task: Task): Promise<Outcome> {
  const mongo = new MongoClient(task.mongoUrl, { useBigInt64: true, writeConcern: { w: 'majority' } });
  const views = mongo.db().collection('order_views');
  await ensureIndexes(orderViews(mongo.db()));
  const kafka = new kafkajs.Kafka({
    clientId: 'per-message',
    brokers: [...task.brokers],
    logLevel: kafkajs.logLevel.ERROR,
  });
  const consumer = kafka.consumer({ groupId: `${task.topicPrefix}per-message` });
  const watch = new Stopwatch();
  const outcome = Promise.withResolvers<Outcome>();
  let done = 0;
  consumer.on('consumer.group_join', () => watch.start());
  await consumer.connect();
  await consumer.subscribe({ topic: `${task.topicPrefix}orders.snapshots`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { _id, ...fields } = plainView(message.value!.toString());
      await views.updateOne({ _id }, { $set: fields }, { upsert: true });
      done += 1;
      if (done === task.events) outcome.resolve(watch.read());
    },
  });
  const result = await outcome.promise;
  await consumer.disconnect();
  await mongo.close();
  return result;
}
