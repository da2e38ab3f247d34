import type { Registry } from 'prom-client';
import { served, type ServedOperation } from './operation.ts';
import { livez, metrics, openApi, readyz } from './operations/service-operations.ts';
import { sendJson } from './respond.ts';

/** What the service says of itself. */
export interface Readiness {
  readonly ok: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ServiceParts {
  readonly readiness: () => Promise<Readiness>;
  readonly registry: Registry;
  /** The OpenAPI document, as JSON. */
  readonly document: string;
}

/** The routes that are about the service itself: does it live, should it be sent work, its metrics, what it can be asked. */
export function serviceRoutes({ readiness, registry, document }: ServiceParts): readonly ServedOperation[] {
  return [
    served(livez, ({ response }) => sendJson(response, 200, { status: 'ok' })),
    served(readyz, async ({ response }) => {
      const { ok, detail } = await readiness();
      sendJson(response, ok ? 200 : 503, { status: ok ? 'ok' : 'unavailable', ...detail });
    }),
    served(metrics, async ({ response }) => {
      const text = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType });
      response.end(text);
    }),
    served(openApi, ({ response }) => {
      response.writeHead(200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(document),
      });
      response.end(document);
    }),
  ];
}
