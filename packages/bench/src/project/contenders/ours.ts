import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@ordershard/process';
import { projectorSettings, startProjector } from '@ordershard/read-model';
import { type Outcome, Stopwatch, type Task } from '../contender.ts';

/** The projector itself. It has dealt with an event when its offset is committed. */
export async function ours(task: Task, input: 'snapshots' | 'events' = 'snapshots'): Promise<Outcome> {
  const settings = projectorSettings({
    ORDERSHARD_KAFKA_BROKERS: task.brokers.join(','),
    ORDERSHARD_MONGODB_URL: task.mongoUrl,
    ORDERSHARD_TOPIC_PREFIX: task.topicPrefix,
    ORDERSHARD_PROJECTOR_INPUT: input,
    ORDERSHARD_MYSQL_URLS: task.mysqlUrls,
  });
  const watch = new Stopwatch();
  const log = createLogger('projector', 'silent');
  log.info = (_: unknown, message?: string) => {
    if (message === 'joined the group') watch.start();
  };
  const projector = await startProjector(settings, log);
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${projector.port}/readyz`);
    const { events } = (await answer.json()) as { events: number };
    if (events >= task.events) break;
    await sleep(20);
  }
  const outcome = watch.read();
  await projector.stop();
  return outcome;
}
