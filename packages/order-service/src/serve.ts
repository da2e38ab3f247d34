import { openArchiveStore } from '@ordershard/rebalance/archive';
import { joinMapBus, type MapBus } from '@ordershard/event-bus';
import type { Logger, Running } from '@ordershard/process';
import { ArchivedOrders } from './archive/archived-orders.ts';
import { allOf, connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import { prometheusObserver } from '@ordershard/shard-router/prometheus';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { ShardCatalogue } from './catalogue/shard-catalogue.ts';
import { createApi } from './http/api.ts';
import { serveApi } from './http/server.ts';
import { createTokenVerifier } from './http/token-verifier.ts';
import { startKeyExpiry } from './key-expiry.ts';
import { BackPressure } from './overload/back-pressure.ts';
import { LoadShedder } from './overload/load-shedder.ts';
import { shedding } from './overload/shedding.ts';
import { judgeReadiness, type Parts } from './readiness/judge-readiness.ts';
import { registerRefusalMetrics } from './readiness/refusal-metrics.ts';
import { KeyShares } from './readiness/key-shares.ts';
import { readJwks, type ApiSettings } from './settings.ts';
import { followInflow } from './throttle/follow-inflow.ts';
import { inflowChanged } from './throttle/inflow-event.ts';
import { InflowGate } from './throttle/inflow-gate.ts';
import { tracing } from './tracing.ts';
import { OrderTracker } from './tracking/order-tracker.ts';
import { MongoOrderViews } from './views/mongo-order-views.ts';
import type { OrderViews } from './views/order-views.ts';

/**
 * Starts the API. One shard has to answer; MongoDB need not.
 *
 * @throws SettingsError, and the router's errors
 */
export async function startApi(settings: ApiSettings, log: Logger): Promise<Running> {
  const verify = createTokenVerifier({
    jwks: await readJwks(settings),
    issuer: settings.ORDERSHARD_JWT_ISSUER,
    audience: settings.ORDERSHARD_JWT_AUDIENCE,
  });
  const { ORDERSHARD_ARCHIVE_URL: archiveUrl } = settings;
  const archive =
    archiveUrl === undefined ? undefined : new ArchivedOrders(await openArchiveStore(archiveUrl));
  const registry = new Registry();
  const bus = joinMapBus('order-service', settings.ORDERSHARD_CLUSTER, settings, log, [inflowChanged]);
  let router: ShardRouter;
  try {
    router = await connectShardRouter({
      clusterId: settings.ORDERSHARD_CLUSTER,
      ...settings.shards,
      mapPollMs: settings.ORDERSHARD_MAP_POLL_MS,
      observer: allOf(
        { mapReloaded: mapLog(log) },
        prometheusObserver({ register: registry }),
        ...(await tracing()),
      ),
      ...(bus === undefined ? {} : { notifier: bus.notifier }),
    });
  } catch (error) {
    await bus?.close();
    throw error;
  }
  const views = new MongoOrderViews(settings.ORDERSHARD_MONGODB_URL);
  const expiry = startKeyExpiry(router, log);
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
    await Promise.all([expiry.stop(), following.stop(), tracker.close()]);
    await Promise.all([router.close(), views.close(), bus?.close(), archive?.close()]);
  };
  const keyShares = new KeyShares(router);
  const shedder = new LoadShedder({
    targetMs: settings.ORDERSHARD_OVERLOAD_TARGET_MS,
    most: settings.ORDERSHARD_OVERLOAD_MOST,
  });
  const pressure = new BackPressure({ room: () => shedder.room('new') });
  const keysUnavailable = () => keyShares.on(deadShards(router));
  registerRefusalMetrics(registry, {
    overload: () => ({ ...shedder.status, waiting: pressure.waiting }),
    keysUnavailable,
  });
  const api = createApi({
    router,
    inflow,
    views,
    archive,
    verify,
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
    catalogue: new ShardCatalogue(router),
    source: `/ordershard/${settings.ORDERSHARD_CLUSTER}/orders`,
    now: () => new Date(),
    readiness: async () =>
      judgeReadiness({
        ...(await partsNow(router, views, bus)),
        keysUnavailable: keysUnavailable(),
        stopping: draining.signal.aborted,
        limits: inflow.limits,
        overload: shedder.status,
      }),
  });
  try {
    const server = await serveApi(shedding(api, shedder, pressure), {
      host: settings.ORDERSHARD_API_HOST,
      port: settings.ORDERSHARD_API_PORT,
      connections: settings.ORDERSHARD_API_CONNECTIONS,
    });
    return {
      port: server.port,
      async stop() {
        // Not ready first, so that balancers send no more; those that have not noticed yet are still answered.
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

/** Logs the version of each new map that is used. */
function mapLog(log: Logger): (version: number, error: unknown) => void {
  let last: number | undefined;
  return (version, error) => {
    if (error !== undefined)
      log.warn({ reason: (error as Error).message }, 'no newer shard map could be had');
    else if (version !== last) log.info({ version }, 'shard map in use');
    last = version;
  };
}

function deadShards(router: ShardRouter): ReadonlySet<number> {
  const live = new Set(router.liveShards());
  return new Set(router.allShards().filter((shard) => !live.has(shard)));
}

/** How the parts are now. */
async function partsNow(
  router: ShardRouter,
  views: OrderViews,
  bus: MapBus | undefined,
): Promise<Omit<Parts, 'keysUnavailable' | 'stopping' | 'limits' | 'overload'>> {
  const mongodb = await views.ping().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return {
    shards: router.allShards(),
    live: new Set(router.liveShards()),
    mongodb,
    bus: bus === undefined ? undefined : bus.problem === undefined ? 'up' : 'down',
  };
}
