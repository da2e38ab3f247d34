import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ApiServer {
  readonly port: number;
  /** Takes no more connections, lets requests under way finish, then ends. */
  stop(): Promise<void>;
}

/** Longer than load balancers keep idle connections, so that it is never us who close one that is about to be used. */
const KEEP_ALIVE_MS = 65_000;
const REQUEST_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
const SWEEP_MS = 20;

export interface ServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** How many connections there may be at once; more are closed when they come. */
  readonly connections: number;
}

/** Serves on `host:port`. */
export async function serveApi(
  listener: RequestListener,
  { host, port, connections }: ServerOptions,
): Promise<ApiServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, listener);
  server.maxConnections = connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        // A connection that is kept alive becomes idle when its request is answered, and is ended then.
        const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
        const limit = setTimeout(() => server.closeAllConnections(), STOP_LIMIT_MS);
        server.close(() => {
          clearInterval(sweep);
          clearTimeout(limit);
          resolve();
        });
      }),
  };
}
