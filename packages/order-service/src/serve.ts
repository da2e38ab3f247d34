import { joinMapBus } from '@ordershard/event-bus';
import type { Logger, Running } from '@ordershard/process';
import type { ArchivedOrders } from './archive/archived-orders.ts';
import { openArchivedOrders } from './archive/open-archived-orders.ts';
import { allOf, connectShardRouter, guardedTablesOf, type ShardRouter } from '@ordershard/shard-router';
import { TABLES } from './registry.ts';
import { prometheusObserver } from '@ordershard/shard-router/prometheus';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { CatalogueKeeper } from './catalogue/keep-level.ts';
import { ShardCatalogue } from './catalogue/shard-catalogue.ts';
import { LineTurns } from './commands/line-turns.ts';
import { createApi } from './http/api.ts';
import { lastCallerOf } from './http/authenticate.ts';
import { serveApi } from './http/server.ts';
import { createTokenVerifier } from './http/token-verifier.ts';
import { startKeyExpiry } from './key-expiry.ts';
import { BackPressure } from './overload/back-pressure.ts';
import { LoadShedder } from './overload/load-shedder.ts';
import { shedding } from './overload/shedding.ts';
import { judgeReadiness } from './readiness/judge-readiness.ts';
import { deadShards, partsNow, tokenKeysNow } from './readiness/parts-now.ts';
import { registerRefusalMetrics } from './readiness/refusal-metrics.ts';
import { HealthWindow } from './readiness/request-health.ts';
import { registerTableMetrics } from './readiness/table-metrics.ts';
import { TableWatch } from './readiness/table-watch.ts';
import { KeyShares } from './readiness/key-shares.ts';
import { watchMaps } from './readiness/watch-maps.ts';
import { openKeyRing, type ApiSettings } from './settings.ts';
import { followInflow } from './throttle/follow-inflow.ts';
import { inflowChanged } from './throttle/inflow-event.ts';
import { InflowGate } from './throttle/inflow-gate.ts';
import { tracing } from './tracing.ts';
import { OrderTracker } from './tracking/order-tracker.ts';
import { MongoOrderViews } from './views/mongo-order-views.ts';

/**
 * How many lines of bulk requests may wait. They leave most of the process to single requests; more lines of one caller than
 * run in a second are refused.
 */
const WAITING_LINES = { waitingOfOne: 1_000, waiting: 10_000 };

/**
 * Starts the API. One shard has to answer; MongoDB need not.
 *
 * @throws SettingsError, and the router's errors
 */
export async function startApi(settings: ApiSettings, log: Logger): Promise<Running> {
  const keys = await openKeyRing(settings, log);
  const tokens = createTokenVerifier({
    keys,
    issuer: settings.ORDERSHARD_JWT_ISSUER,
    audience: settings.ORDERSHARD_JWT_AUDIENCE,
  });
  const registry = new Registry();
  const bus = joinMapBus('order-service', settings.ORDERSHARD_CLUSTER, settings, log, [inflowChanged]);
  const maps = watchMaps(log);
  let levelling: CatalogueKeeper | undefined;
  const { ORDERSHARD_ARCHIVE_URL: archiveUrl, ORDERSHARD_CLUSTER: clusterId } = settings;
  let router: ShardRouter | undefined;
  let archive: ArchivedOrders | undefined;
  try {
    router = await connectShardRouter({
      clusterId: settings.ORDERSHARD_CLUSTER,
      ...settings.shards,
      tables: guardedTablesOf(TABLES),
      mapPollMs: settings.ORDERSHARD_MAP_POLL_MS,
      observer: allOf(
        { mapReloaded: maps.looked, shardAdded: () => levelling?.shardAdded() },
        prometheusObserver({ register: registry }),
        ...(await tracing()),
      ),
      ...(bus === undefined ? {} : { notifier: bus.notifier }),
    });
    if (archiveUrl !== undefined) archive = await openArchivedOrders(archiveUrl, clusterId, router, log);
  } catch (error) {
    await Promise.all([router?.close(), bus?.close()]);
    throw error;
  }
  const views = new MongoOrderViews(settings.ORDERSHARD_MONGODB_URL, settings.ORDERSHARD_VIEW_MEMBERS);
  const expiry = startKeyExpiry(router, log);
  levelling = new CatalogueKeeper(router, log);
  const tables = new TableWatch(router, log);
  const inflow = new InflowGate();
  const following = followInflow(inflow, {
    router,
    bus: bus?.member,
    clusterId: settings.ORDERSHARD_CLUSTER,
    log,
  });
  const tracker = new OrderTracker(views, { limit: settings.ORDERSHARD_API_FOLLOWERS });
  const draining = new AbortController();
  const close = async () => {
    await Promise.all([expiry.stop(), levelling.stop(), tables.stop(), following.stop(), tracker.close()]);
    await Promise.all([router.close(), views.close(), bus?.close(), archive?.close()]);
  };
  const keyShares = new KeyShares(router);
  const shedder = new LoadShedder({
    targetMs: settings.ORDERSHARD_OVERLOAD_TARGET_MS,
    most: settings.ORDERSHARD_OVERLOAD_MOST,
  });
  const pressure = new BackPressure({ room: () => shedder.room('new') });
  const keysUnavailable = () => keyShares.on(deadShards(router));
  const health = { orders: new HealthWindow(), reads: new HealthWindow() };
  registerRefusalMetrics(registry, {
    overload: () => ({ ...shedder.status, waiting: pressure.waiting }),
    keysUnavailable,
    missingShards: () => router.missingShards().length,
    tokenKeys: () => keys.state,
    health: (kind) => health[kind].health,
  });
  registerTableMetrics(registry, () => tables.states);
  const api = createApi({
    router,
    inflow,
    views,
    archive,
    tokens,
    health,
    log,
    registry,
    tracker,
    draining: draining.signal,
    rateLimits: {
      member: settings.ORDERSHARD_API_RATE_MEMBER,
      shop: settings.ORDERSHARD_API_RATE_SHOP,
      operator: settings.ORDERSHARD_API_RATE_STAFF,
      service: settings.ORDERSHARD_API_RATE_STAFF,
    },
    followerLimits: {
      member: settings.ORDERSHARD_API_FOLLOWERS_MEMBER,
      shop: settings.ORDERSHARD_API_FOLLOWERS_SHOP,
      operator: settings.ORDERSHARD_API_FOLLOWERS_STAFF,
      service: settings.ORDERSHARD_API_FOLLOWERS_STAFF,
    },
    lineTurns: new LineTurns({ atOnce: () => shedder.linesAtOnce, ...WAITING_LINES }),
    catalogue: new ShardCatalogue(router),
    source: `/ordershard/${settings.ORDERSHARD_CLUSTER}/orders`,
    now: () => new Date(),
    readiness: async () =>
      judgeReadiness({
        ...(await partsNow(router, views, bus)),
        keysUnavailable: keysUnavailable(),
        mapProblem: maps.problem,
        tokenKeys: await tokenKeysNow(keys),
        health: { orders: health.orders.health, reads: health.reads.health },
        tables: tables.states,
        stopping: draining.signal.aborted,
        limits: inflow.limits,
        overload: shedder.status,
      }),
  });
  try {
    const server = await serveApi(shedding(api, { shedder, pressure, callerOf: lastCallerOf(tokens) }), {
      host: settings.ORDERSHARD_API_HOST,
      port: settings.ORDERSHARD_API_PORT,
      connections: settings.ORDERSHARD_API_CONNECTIONS,
    });
    return {
      port: server.port,
      async stop() {
        // First it is not ready, so that balancers send no more requests; balancers that have not noticed yet still get
        // answers.
        draining.abort();
        await delay(settings.ORDERSHARD_API_DRAIN_MS);
        await server.stop();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
