import { connect } from 'node:net';
import { createPool, type Pool, type PoolOptions, type SslOptions } from 'mysql2';
import { TopologyError } from '../errors.ts';
import type { Endpoint } from '../topology/endpoint.ts';
import type { PoolLimits } from './pool-limits.ts';
import { type SessionMode, setUpSession } from './session-set-up.ts';
import type { ServerAccess } from './server-access.ts';

/** With the name in the certificate, which is not of the driver's options. */
type Ssl = SslOptions & { readonly servername?: string };

/** Opens the driver's pool for an endpoint. Its connections are set up before they are handed out. */
export function openDriverPool(
  { options, ...endpoint }: Endpoint,
  mode: SessionMode,
  limits: PoolLimits,
  { tls }: ServerAccess,
): Pool {
  const ssl = sslOf(endpoint.host, options?.tls, tls);
  const pool = createPool({
    ...endpoint,
    ...(ssl === undefined ? {} : { ssl }),
    ...(ssl?.servername === undefined ? {} : named(endpoint, ssl.servername)),
    // Else the driver captures the stack of every call, which takes a sixth of the time of a statement.
    trace: false,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    // It would look through each text of many statements.
    namedPlaceholders: mode !== 'merged',
    multipleStatements: mode === 'merged',
    stringifyObjects: true,
    connectionLimit: limits.connections,
    queueLimit: limits.queue,
    connectTimeout: options?.connectTimeoutMs ?? limits.connectTimeoutMs,
    enableKeepAlive: true,
  });
  pool.on('connection', (connection) => setUpSession(connection, mode, limits.statementTimeoutMs));
  return pool;
}

/** The TLS options for the driver: those of the access settings, and at least those of the URL. */
function sslOf(host: string, url: SslOptions | false | undefined, tls: Ssl | undefined): Ssl | undefined {
  if (url === undefined) return tls;
  if (url !== false) return url.rejectUnauthorized === false && tls !== undefined ? tls : { ...tls, ...url };
  if (tls !== undefined)
    throw new TopologyError(`the URL of ${host} switches TLS off, and its access asks for it`);
  return undefined;
}

/** The driver checks a certificate for the name that it connects to: it is given the certificate's, and the connection. */
function named({ host, port }: Endpoint, servername: string): Pick<PoolOptions, 'host' | 'stream'> {
  return {
    host: servername,
    stream: () => connect({ host, port, noDelay: true, keepAlive: true }),
  };
}
