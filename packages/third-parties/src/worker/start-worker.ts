import { EVENT_TOPICS } from '@ordershard/order-events';
import { ShardCatalogue } from '@ordershard/order-service';
import { type Logger, type Running, serveHealth } from '@ordershard/process';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import { serveCallbacks } from '../callbacks/callbacks.ts';
import { called } from '../calls/called.ts';
import { type CallLimits, Calls } from '../calls/calls.ts';
import { check, type CheckReport } from '../check/check.ts';
import { HangingViews } from '../check/hanging-views.ts';
import { CheckSchedule } from '../check/schedule.ts';
import { OrderEvents } from '../events/order-events.ts';
import { HttpParty } from '../http/http-party.ts';
import { numberOfKey, PARTIES, type PartyName, type Ports } from '../ports/third-party.ts';
import type { WorkerSettings } from '../settings.ts';
import { PartyMetrics } from './metrics.ts';
import { PartyWorker } from './party-worker.ts';

/** How the consumer groups begin, one for each third party, without a cluster's prefix. */
export const GROUP = 'third-parties';

/** The workers for the third parties, without the events, callbacks and schedule that drive them. */
export interface Workers {
  readonly router: ShardRouter;
  readonly calls: ReadonlyMap<PartyName, Calls>;
  readonly workers: ReadonlyMap<PartyName, PartyWorker>;
  /** Looks once at every order that hangs. */
  check(signal?: AbortSignal): Promise<CheckReport>;
  close(): Promise<void>;
}

/**
 * Connects to the shards and makes the workers. One shard has to answer; nothing else has to.
 *
 * @throws the router's errors
 */
export async function openWorkers(
  settings: WorkerSettings,
  log: Logger,
  callbackUrl?: (party: PartyName) => string,
  limits: Partial<CallLimits> = {},
): Promise<Workers> {
  const router = await connectShardRouter({
    clusterId: settings.cluster,
    ...settings.shards,
    numbers: false,
  });
  const calls = new Map(
    PARTIES.map((party) => [
      party,
      new Calls(party, () => router.inTransaction, { timeoutMs: settings.callTimeoutMs, ...limits }),
    ]),
  );
  const port = <Name extends PartyName>(party: Name) =>
    called(
      new HttpParty(party, { url: settings.urls[party], token: settings.tokens[party] }),
      calls.get(party)!,
    );
  const ports: Ports = { payment: port('payment'), shop: port('shop'), delivery: port('delivery') };
  const now = () => new Date();
  const parts = {
    router,
    catalogue: new ShardCatalogue(router),
    source: `/ordershard/${settings.cluster}/orders`,
    now,
    clusterId: settings.cluster,
    ports,
    patience: settings.patience,
    callbackUrl,
  };
  const workers = new Map(PARTIES.map((party) => [party, new PartyWorker(party, parts, log)]));
  const views = new HangingViews(settings.mongoUrl, settings.clientId);
  return {
    router,
    calls,
    workers,
    check: (signal) =>
      check({
        hanging: views.find(new Date(Date.now() - settings.checkAfterMs), now()),
        look: (party, number) => workers.get(party)!.look(number),
        now,
        failed: ({ number, party }, error) =>
          log.debug(
            { number: number.toString(), party, reason: (error as Error).message },
            'is looked at again later',
          ),
        ...(signal === undefined ? {} : { signal }),
      }),
    close: async () => {
      for (const worker of workers.values()) worker.stop();
      await Promise.all([router.close(), views.close()]);
    },
  };
}

/**
 * Starts the worker. Until it is stopped, it takes callbacks, reads the orders' events with a consumer group for each third
 * party, and now and then checks the orders that hang. Neither Kafka, MongoDB nor any third party has to answer.
 *
 * @throws the router's errors when no shard answers
 */
export async function startWorker(settings: WorkerSettings, log: Logger): Promise<Running> {
  const stopping = new AbortController();
  const { brokers, topicPrefix, clientId, instanceId } = settings;
  let opened: Workers | undefined;
  const callbacks =
    settings.callbacks === undefined
      ? undefined
      : await serveCallbacks({
          ...settings.callbacks,
          hint: (party, key) => {
            const number = numberOfKey(settings.cluster, key);
            // A key of another cluster: there is nothing to look at, now or later.
            return number === undefined || opened?.workers.get(party)?.hint(number) === true;
          },
        });
  const base =
    settings.callbacks?.url ??
    (callbacks === undefined ? undefined : `http://${settings.callbacks?.host}:${callbacks.port}`);
  const callbackUrl =
    base === undefined ? undefined : (party: PartyName) => `${base.replace(/\/+$/, '')}/callbacks/${party}`;
  try {
    opened = await openWorkers(settings, log, callbackUrl);
  } catch (error) {
    await callbacks?.close();
    throw error;
  }
  const workers = opened;
  const readers = PARTIES.map((party) => ({
    party,
    events: new OrderEvents(
      {
        brokers,
        clientId: `${clientId}-${party}`,
        topic: `${topicPrefix}${EVENT_TOPICS.snapshots}`,
        group: `${topicPrefix}${GROUP}.${party}`,
        instanceId: instanceId === undefined ? undefined : `${instanceId}-${party}`,
      },
      log,
    ),
  }));
  const schedule = new CheckSchedule();
  const statusOf = (party: PartyName) => ({
    party,
    ...workers.calls.get(party)!.status,
    ...workers.workers.get(party)!.counts,
  });
  const metrics = new PartyMetrics();
  const health = await serveHealth(
    {
      ready: () => {
        const problems = [
          ...readers.flatMap(({ party, events: { problem } }) =>
            problem === undefined ? [] : [`Kafka, events for the ${party}: ${problem}`],
          ),
          ...PARTIES.filter((party) => statusOf(party).breaker !== 'closed').map(
            (party) => `the ${party} does not answer`,
          ),
          ...(schedule.problem === undefined ? [] : [`the check: ${schedule.problem}`]),
        ];
        // The worker is ready while it can do something: read events for one third party, or make checks.
        const ok =
          readers.some(({ events }) => events.problem === undefined) || schedule.problem === undefined;
        return {
          ok,
          detail: {
            status: problems.length === 0 ? 'ok' : 'degraded',
            problems,
            parties: PARTIES.map(statusOf),
            check: schedule.last,
          },
        };
      },
      metrics: () =>
        metrics.text(
          PARTIES.map(statusOf).map(({ party, breaker, made, failed, underWay, orders, refused }) => ({
            party,
            breakerOpen: breaker !== 'closed',
            callsMade: made,
            callsFailed: failed,
            callsUnderWay: underWay,
            ordersWaiting: orders,
            ordersSetAside: refused,
          })),
        ),
    },
    settings.healthPort,
    settings.healthHost,
  );
  const reading = Promise.all(
    readers.map(({ party, events }) => events.run(workers.workers.get(party)!, stopping.signal)),
  );
  schedule.start(settings.checkEveryMs, (signal) => workers.check(signal), log);
  if (callbacks !== undefined) log.info({ port: callbacks.port }, 'callbacks are taken');
  return {
    port: health.port,
    stop: async () => {
      stopping.abort();
      for (const worker of workers.workers.values()) worker.stop();
      await callbacks?.close();
      await reading;
      await schedule.stop();
      await workers.close();
      await health.close();
    },
  };
}
