import express, { type Express } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import type { Logger } from '@ordershard/process';
import type { ShardRouter } from '@ordershard/shard-router';
import { Registry } from 'prom-client';
import type { CommandParts } from '../commands/parts.ts';
import { HealthWindow } from '../readiness/request-health.ts';
import { OrderTracker } from '../tracking/order-tracker.ts';
import type { QueryParts } from '../views/find-order.ts';
import { ApiMetrics } from './api-metrics.ts';
import { auditOperators } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { docsPage } from './docs-page.ts';
import { errorHandler } from './error-handler.ts';
import { listRoutes } from './list-routes.ts';
import { mount } from './mount.ts';
import { noteHealth, type HealthWindows } from './note-health.ts';
import { openApiDocument } from './openapi/document.ts';
import { orderRoutes } from './order-routes.ts';
import { Problem } from './problem.ts';
import { rateLimit, type RateLimits } from './rate-limit.ts';
import { requestId } from './request-id.ts';
import { serviceRoutes, type Readiness } from './service-routes.ts';
import { shopRoutes } from './shop-routes.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** The dependencies of the API. */
export interface ApiParts extends CommandParts, QueryParts {
  readonly router: ShardRouter;
  readonly tokens: TokenVerifier;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
  /** Tells callers who follow an order about its versions; if absent, the API makes one. */
  readonly tracker?: OrderTracker;
  /** Where metrics are registered. */
  readonly registry?: Registry;
  readonly rateLimits?: RateLimits;
  /** How many orders a caller of each role may follow at once; 0 for no limit, as without it. */
  readonly followerLimits?: RateLimits;
  /** Counts how requests go; if absent, nobody sees the counts. */
  readonly health?: HealthWindows;
  /** Aborts when the process is about to stop. */
  readonly draining?: AbortSignal;
}

const UNLIMITED: RateLimits = { member: 0, shop: 0, operator: 0, service: 0 };

/** Headers of answers that are never shown as a page, without the headers that only matter for pages. */
const OF_DATA: HelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** The REST API as an Express application. */
export function createApi(given: ApiParts): Express {
  const parts = {
    registry: new Registry(),
    rateLimits: UNLIMITED,
    followerLimits: UNLIMITED,
    health: { orders: new HealthWindow(), reads: new HealthWindow() },
    tracker: new OrderTracker(given.views),
    draining: new AbortController().signal,
    ...given,
  };
  const { log } = parts;
  const limited = rateLimit(parts.rateLimits);
  const noted = noteHealth(parts.health);
  const apiMetrics = new ApiMetrics(parts.registry, () => parts.tracker.count);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestId(log, parts.draining));
  app.use('/docs', docsPage());
  app.use(helmet(OF_DATA));
  app.use(
    mount(
      [
        ...orderRoutes(parts),
        ...listRoutes(parts),
        ...shopRoutes(parts),
        ...serviceRoutes({ ...parts, document: JSON.stringify(openApiDocument()) }),
      ],
      {
        first: (operation) => [apiMetrics.of(operation), noted(operation)],
        admit: (operation) => [authenticate(parts.tokens), limited(operation), auditOperators(log)],
      },
    ),
  );
  app.use(() => {
    throw new Problem('not-found', 'There is nothing under this path.');
  });
  app.use(errorHandler(log));
  return app;
}
