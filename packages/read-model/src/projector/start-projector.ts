import { hostname } from 'node:os';
import { deadLetterTopicOf, EVENT_TOPICS } from '@ordershard/order-events';
import { type Logger, type Running, serveHealth } from '@ordershard/process';
import { connectShardRouter, lowestNumberAt, type ShardRouter } from '@ordershard/shard-router';
import { Registry } from 'prom-client';
import { FailureHandling } from '../failures/failure-handling.ts';
import { ORDER_VIEWS_PROJECTION, SHOP_DAYS_PROJECTION } from '../views/collections.ts';
import { openMongo } from '../views/order-views.ts';
import { hydrateFrom } from './hydrate.ts';
import { KafkaSource } from './kafka-source.ts';
import type { LogChange } from './log-change.ts';
import { LogMetrics } from './log-metrics.ts';
import type { DeadLetters, Source } from './message.ts';
import { allOf, openProjection } from './open-projection.ts';
import { EAGER, Projector, type ProjectorParts, SELDOM } from './projector.ts';
import { isRetryable, pause, retrying } from './retrying.ts';
import type { ProjectorSettings } from './settings.ts';

/** The topic that the projector reads, its dead-letter topic, and the consumer group, without a cluster's prefix. */
export const SNAPSHOT_TOPIC = EVENT_TOPICS.snapshots;
export const DEAD_LETTER_TOPIC = deadLetterTopicOf(SNAPSHOT_TOPIC);
export const GROUP = 'read-model';

const DAY_MS = 86_400_000;

/** Messages that each projection may hold at the most, however small they are. */
const MOST_MESSAGES = 20_000;

/** The same bound for each retry topic, where messages wait long. */
const RETRY_BOUNDS = { messages: 5_000, bytes: 8 * 1_048_576 };

/** How long a start waits for servers that do not answer. After that it goes on, and waits for them in the background. */
const START_PATIENCE_MS = 5_000;

/**
 * Returns the consumer group of a projection, without a cluster's prefix. Each projection has its own group, and so its own
 * lag.
 */
export function groupOf(projection: string): string {
  return projection === ORDER_VIEWS_PROJECTION.name ? GROUP : `${GROUP}.${projection}`;
}

/**
 * Starts a projector: serves its health, makes the indexes and the topics for failed messages, and projects in the background
 * until it is stopped. Each projection reads the topic for itself, and none waits for another. A message that failed is
 * retried in all projections of the process.
 */
export async function startProjector(settings: ProjectorSettings, log: Logger): Promise<Running> {
  const { brokers, topicPrefix, instanceId, lifetimeDays } = settings;
  const clientId = `ordershard-projector-${instanceId ?? `${hostname()}-${process.pid}`}`;
  const stopping = new AbortController();
  const { signal } = stopping;
  const mongo = openMongo(settings.mongoUrl, clientId);
  const topic = `${topicPrefix}${EVENT_TOPICS[settings.input]}`;
  const groupFor = (name: string) => `${topicPrefix}${groupOf(name)}`;
  const registry = new Registry();
  const logs = new LogMetrics(registry);
  const changed = (change: LogChange) => logs.changed(change);
  const failures = new FailureHandling({
    ...settings,
    clientId,
    topic,
    group: groupFor(settings.projections[0]!),
    orderViewsGroup: groupFor(ORDER_VIEWS_PROJECTION.name),
    db: mongo.db(),
    registry,
    log,
    signal,
    open: (retryTopic, group) =>
      new KafkaSource(
        { brokers, clientId, topic: retryTopic, group, instanceId, bounds: RETRY_BOUNDS, changed },
        log,
      ),
  });
  const { deadLetters } = failures;
  const router = lazyRouter(settings);
  const common = {
    hydrate: settings.shards && (async (wanted) => hydrateFrom(await router.connected(signal, log))(wanted)),
    lowest: () => (lifetimeDays === undefined ? 0n : lowestNumberAt(Date.now() - lifetimeDays * DAY_MS)),
    log,
  } satisfies Partial<ProjectorParts<unknown>>;
  const projections = settings.projections.map((name) =>
    openProjection(name, { db: mongo.db(), clientId, log }),
  );
  const projectors = projections.map((one) => {
    const group = groupFor(one.projection.name);
    const bounds = { messages: MOST_MESSAGES, bytes: settings.memoryMb * 1_048_576 };
    return new Projector({
      ...common,
      source: new KafkaSource({ brokers, clientId, topic, group, instanceId, bounds, changed }, log),
      deadLetters: one.projection === ORDER_VIEWS_PROJECTION ? deadLetters : onlyRetryable(deadLetters),
      project: one.project,
      write: (views, fresh) => one.write(views, fresh),
      pace: one.projection === SHOP_DAYS_PROJECTION ? SELDOM : EAGER,
    });
  });
  const retryOf = (source: Source) =>
    new Projector({ ...common, source, deadLetters, ...allOf(projections) });
  const retries = [...failures.retries.values()].map(retryOf);
  let waitingFor: string | undefined = 'starting';

  const setUp = async () => {
    waitingFor = 'MongoDB does not answer';
    for (const one of projections) await retrying('making the indexes', () => one.prepare(), { signal, log });
    waitingFor = 'Kafka does not answer';
    await retrying('making the topics for what fails', () => failures.prepare(), { signal, log });
    waitingFor = undefined;
  };
  for (const one of projections) one.start();
  const ready = setUp();
  const project = async () => {
    await ready;
    failures.heal();
    const all: { run(signal: AbortSignal): Promise<void> }[] = [...projectors, ...retries];
    await Promise.all(all.map((one) => one.run(signal)));
  };
  const work = project().catch((error: unknown) => {
    if (signal.aborted && isRetryable(error)) return;
    waitingFor = (error as Error).message;
    log.fatal({ err: error }, 'cannot project');
  });
  const health = await serveHealth(
    {
      ready: () => judgeHealth(projectors, retries, settings.projections, waitingFor),
      metrics: () => registry.metrics(),
    },
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
      for (const one of projections) await one.close();
      await mongo.close();
      await router.close();
      await health.close();
    },
  };
}

/**
 * Sends only retryable letters. A message that cannot be read at all becomes a letter of the order views alone: when it is
 * replayed, all projections get it. A message that another projection failed for is retried in all of them.
 */
function onlyRetryable(deadLetters: DeadLetters): DeadLetters {
  return {
    send: async (letters) => {
      const some = letters.filter(({ retryable }) => retryable);
      if (some.length > 0) await deadLetters.send(some);
    },
  };
}

/** The router to the shards. It connects when it is first needed, and retries until it is connected. */
function lazyRouter({ clusterId, shards }: ProjectorSettings) {
  let router: Promise<ShardRouter> | undefined;
  return {
    connected: (signal: AbortSignal, log: Logger): Promise<ShardRouter> => {
      const connect = () => connectShardRouter({ clusterId, ...shards!, numbers: false });
      router ??= retrying('connecting to the shards', connect, { signal, log });
      return router;
    },
    close: async () => {
      const connected = await router?.catch(() => undefined);
      await connected?.close();
    },
  };
}

/** Not ready while it waits for a server, or cannot read or write. */
function judgeHealth(
  projectors: readonly Projector<unknown>[],
  retries: readonly Pick<Projector<unknown>, 'problems' | 'notices'>[],
  names: readonly string[],
  waitingFor: string | undefined,
) {
  const all = [...projectors, ...retries];
  const problems = waitingFor === undefined ? all.flatMap((one) => one.problems) : [waitingFor];
  const notices = all.flatMap((one) => one.notices);
  const [first] = projectors;
  return {
    ok: problems.length === 0,
    detail: {
      status: problems.length === 0 ? 'ok' : 'degraded',
      problems: [...new Set(problems)],
      ...(notices.length > 0 ? { notices: [...new Set(notices)] } : {}),
      partitions: first!.partitions,
      ...first!.counts,
      projections: Object.fromEntries(
        projectors.map((one, i) => [names[i], { partitions: one.partitions, ...one.counts }]),
      ),
    },
  };
}
