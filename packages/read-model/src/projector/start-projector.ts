import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { deadLetterTopicOf, EVENT_TOPICS } from '@ordershard/order-events';
import { type Logger, type Running, serveHealth } from '@ordershard/process';
import { Registry } from 'prom-client';
import { FailureHandling } from '../failures/failure-handling.ts';
import { orderView, type OrderView } from '../projections/order-view.ts';
import { ControlStore } from '../rebuild/control.ts';
import { ControlWatch } from '../rebuild/control-watch.ts';
import { Instances } from '../rebuild/instances.ts';
import { ORDER_VIEWS_PROJECTION } from '../views/collections.ts';
import { ensureIndexes, openMongo, orderViews } from '../views/order-views.ts';
import { NewOrKnown } from '../views/new-or-known.ts';
import { type RefusedView, writeViews } from '../views/write-views.ts';
import { KafkaSource } from './kafka-source.ts';
import { Projector } from './projector.ts';
import { isRetryable, pause, retrying } from './retrying.ts';
import type { Source } from './message.ts';
import type { ProjectorSettings } from './settings.ts';

/** The topic that is projected, its dead letters, and the consumer group, without a cluster's prefix. */
export const SNAPSHOT_TOPIC = EVENT_TOPICS.snapshots;
export const DEAD_LETTER_TOPIC = deadLetterTopicOf(SNAPSHOT_TOPIC);
export const GROUP = 'read-model';

/** What a projector may hold of the topic, and of each retry topic: messages that wait there wait long. */
const BOUNDS = { messages: 20_000, bytes: 48 * 1_048_576 };
const RETRY_BOUNDS = { messages: 5_000, bytes: 8 * 1_048_576 };

/** How long a start waits for servers that do not answer before it goes on and waits for them in the background. */
const START_PATIENCE_MS = 5_000;

/** Starts a projector: serves its health, makes indexes and the topics for what fails, and projects in the background until stopped. */
export async function startProjector(settings: ProjectorSettings, log: Logger): Promise<Running> {
  const { brokers, topicPrefix, instanceId } = settings;
  const clientId = `ordershard-projector-${instanceId ?? `${hostname()}-${process.pid}`}`;
  const stopping = new AbortController();
  const { signal } = stopping;
  const mongo = openMongo(settings.mongoUrl, clientId);
  const [topic, group] = [`${topicPrefix}${SNAPSHOT_TOPIC}`, `${topicPrefix}${GROUP}`];
  const source = new KafkaSource({ brokers, clientId, topic, group, instanceId, bounds: BOUNDS }, log);
  const registry = new Registry();
  const failures = new FailureHandling({
    ...settings,
    clientId,
    topic,
    group,
    db: mongo.db(),
    registry,
    log,
    signal,
    open: (retryTopic, retryGroup) =>
      new KafkaSource(
        { brokers, clientId, topic: retryTopic, group: retryGroup, instanceId, bounds: RETRY_BOUNDS },
        log,
      ),
  });
  const watch = new ControlWatch(
    new ControlStore(mongo.db(), ORDER_VIEWS_PROJECTION),
    new Instances(mongo.db(), ORDER_VIEWS_PROJECTION.name),
    `${clientId}-${randomUUID()}`,
    log,
  );
  const guess = new NewOrKnown();
  const write = (newer: readonly OrderView[], fresh: readonly boolean[]) =>
    watch.withTargets(async (collections) => {
      const isNew = guess.takeForNew(newer.length) ? (index: number) => fresh[index] === true : undefined;
      const refused = new Map<number, RefusedView>();
      for (const collection of collections) {
        const written = await writeViews(orderViews(mongo.db(), collection), newer, isNew);
        for (const view of written.refused) refused.set(view.index, view);
        if (isNew !== undefined) guess.note(fresh.filter(Boolean).length, written.known);
      }
      return [...refused.values()];
    });
  const makeIndexes = async (collections: readonly string[]) => {
    for (const collection of collections) await ensureIndexes(orderViews(mongo.db(), collection));
  };
  const { deadLetters } = failures;
  const projectorOf = (from: Source) =>
    new Projector({ source: from, deadLetters, project: orderView, write, log });
  const projector = projectorOf(source);
  const retries = [...failures.retries.values()].map(projectorOf);
  let waitingFor: string | undefined = 'starting';

  const setUp = async () => {
    waitingFor = 'MongoDB does not answer';
    await retrying('making the indexes', () => watch.withTargets(makeIndexes), { signal, log });
    waitingFor = 'Kafka does not answer';
    await retrying('making the topics for what fails', () => failures.prepare(), { signal, log });
    waitingFor = undefined;
  };
  watch.start();
  const ready = setUp();
  const project = async () => {
    await ready;
    failures.heal();
    await Promise.all([projector, ...retries].map((one) => one.run(signal)));
  };
  const work = project().catch((error: unknown) => {
    if (signal.aborted && isRetryable(error)) return;
    waitingFor = (error as Error).message;
    log.fatal({ err: error }, 'cannot project');
  });
  const health = await serveHealth(
    { ready: () => judgeHealth(projector, source, waitingFor), metrics: () => registry.metrics() },
    settings.healthPort,
    settings.healthHost,
  );
  const patience = new AbortController();
  await Promise.race([ready.catch(() => undefined), pause(START_PATIENCE_MS, patience.signal)]);
  patience.abort();
  return {
    port: health.port,
    stop: async () => {
      stopping.abort();
      await work;
      await failures.close();
      await watch.stop();
      await mongo.close();
      await health.close();
    },
  };
}

/** Not ready while it waits for a server, or cannot read or write. */
function judgeHealth(projector: Projector<OrderView>, source: KafkaSource, waitingFor: string | undefined) {
  const problems = waitingFor === undefined ? projector.problems : [waitingFor];
  return {
    ok: problems.length === 0,
    detail: {
      status: problems.length === 0 ? 'ok' : 'degraded',
      problems,
      partitions: source.partitions,
      ...projector.counts,
    },
  };
}
