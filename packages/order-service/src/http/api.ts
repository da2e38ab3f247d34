import express, { Router, type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from '@ordershard/process';
import type { CommandParts } from '../commands/parts.ts';
import type { QueryParts } from '../views/find-order.ts';
import { authenticate } from './authenticate.ts';
import { errorHandler } from './error-handler.ts';
import { healthRoutes, type Readiness } from './health-routes.ts';
import { listRoutes } from './list-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { Problem } from './problem.ts';
import { requestId } from './request-id.ts';
import { shopRoutes } from './shop-routes.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** What the API is made of. */
export interface ApiParts extends CommandParts, QueryParts {
  readonly verify: TokenVerifier;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}

/** The REST API as an Express application. */
export function createApi(parts: ApiParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestId(parts.log));
  // Nothing here is ever shown as a page.
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } }));
  app.use(healthRoutes(parts.readiness));
  const v1 = Router();
  v1.use(authenticate(parts.verify), orderRoutes(parts), listRoutes(parts), shopRoutes(parts));
  app.use('/v1', v1);
  app.use(() => {
    throw new Problem('not-found', 'There is nothing under this path.');
  });
  app.use(errorHandler(parts.log));
  return app;
}
