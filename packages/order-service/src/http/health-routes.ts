import { Router } from 'express';
import { endpoint } from './endpoint.ts';
import { sendJson } from './respond.ts';

/** What the service says of itself. */
export interface Readiness {
  readonly ok: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The routes that say whether the process lives, and whether it should be sent work. */
export function healthRoutes(readiness: () => Promise<Readiness>): Router {
  const router = Router();
  endpoint(router, '/livez', { GET: (_, response) => sendJson(response, 200, { status: 'ok' }) });
  endpoint(router, '/readyz', {
    GET: async (_, response) => {
      const { ok, detail } = await readiness();
      sendJson(response, ok ? 200 : 503, { status: ok ? 'ok' : 'unavailable', ...detail });
    },
  });
  return router;
}
