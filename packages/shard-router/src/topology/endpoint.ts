import { TopologyError } from '../errors.ts';
import { type EndpointOptions, parseEndpointOptions } from './endpoint-options.ts';

/** A MySQL database to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** What its URL says after `?`. */
  readonly options?: EndpointOptions;
}

/** Which endpoint of a shard is meant. A reader may lag behind its writer. */
export type Role = 'writer' | 'reader';

/**
 * Reads `mysql://user:password@host:port/database`, and after a `?` how to connect: `ssl-mode` and its like, `connectTimeout`
 * (milliseconds), and `charset` and `timezone` if they ask for the values that sessions have anyway.
 *
 * @throws TopologyError naming what is wrong, never showing the password
 */
export function parseEndpoint(url: string): Endpoint {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TopologyError('a shard URL is not a URL of the form mysql://user:password@host:port/database');
  }
  const shown = `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  if (parsed.protocol !== 'mysql:') throw new TopologyError(`${shown} does not begin with mysql://`);
  const database = decoded(parsed.pathname.slice(1), shown);
  if (database === '') throw new TopologyError(`${shown} names no database`);
  if (!/^[A-Za-z0-9_$.-]{1,64}$/.test(database))
    throw new TopologyError(
      `${shown} names no database that can be used: its name has up to 64 letters, digits, and _ $ . -`,
    );
  if (parsed.hostname === '') throw new TopologyError(`${shown} names no host`);
  if (parsed.hash !== '') throw new TopologyError(`${shown} has a # in its URL: write it as %23`);
  const options = parseEndpointOptions(parsed.searchParams);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decoded(parsed.username, shown),
    password: decoded(parsed.password, shown),
    database,
    ...(Object.keys(options).length === 0 ? {} : { options }),
  };
}

function decoded(part: string, shown: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new TopologyError(`${shown}: a % in its URL does not begin a character: write it as %25`);
  }
}
