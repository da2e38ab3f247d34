import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a process reports its own state. */
export interface Health {
  /** Whether the process should get work; `detail` goes into the answer. */
  ready(): { readonly ok: boolean; readonly detail?: Readonly<Record<string, unknown>> };
  /** Its metrics in the format of Prometheus. */
  metrics?(): Promise<string>;
}

/**
 * Serves `/livez`, `/readyz` and, if there are metrics, `/metrics` on `host:port` (0 for any free port), for a process
 * without an API of its own.
 */
export async function serveHealth(
  health: Health,
  port: number,
  host = '127.0.0.1',
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics' && health.metrics !== undefined) {
      health.metrics().then(
        (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
        () => response.writeHead(503).end(),
      );
      return;
    }
    if (request.url !== '/livez' && request.url !== '/readyz') {
      response.writeHead(404).end();
      return;
    }
    const { ok, detail } = request.url === '/livez' ? { ok: true, detail: undefined } : health.ready();
    response
      .writeHead(ok ? 200 : 503, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: ok ? 'ok' : 'unavailable', ...detail }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
