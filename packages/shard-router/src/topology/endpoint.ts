import { TopologyError } from '../errors.ts';

/** A MySQL database to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Which endpoint of a shard is meant. A reader may lag behind its writer. */
export type Role = 'writer' | 'reader';

/** Reads `mysql://user:password@host:port/database`. Throws {@link TopologyError}, never showing the password. */
export function parseEndpoint(url: string): Endpoint {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TopologyError('a shard URL is not a URL of the form mysql://user:password@host:port/database');
  }
  const shown = `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  if (parsed.protocol !== 'mysql:') throw new TopologyError(`${shown} does not begin with mysql://`);
  const database = decodeURIComponent(parsed.pathname.slice(1));
  if (!/^[A-Za-z0-9_$-]{1,64}$/.test(database)) throw new TopologyError(`${shown} names no database`);
  if (parsed.hostname === '') throw new TopologyError(`${shown} names no host`);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database,
  };
}
