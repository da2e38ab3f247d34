import { ConnectionError } from './errors.ts';

export interface OrderClientOptions {
  /** Where the API is, such as `https://orders.example.com`. */
  readonly baseUrl: string;
  /** A bearer token, or a function that returns one, which is called before each request. */
  readonly token: string | (() => string | Promise<string>);
  /** How often a request that can be sent again is tried: 4 by default. */
  readonly tries?: number;
  /** The `fetch` to use; the global one by default. */
  readonly fetch?: typeof globalThis.fetch;
}

/** The options of every request. */
export interface RequestOptions {
  /** When it aborts, the call rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** A request of any operation. */
export interface AnyInput extends RequestOptions {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request with a token. Throws ConnectionError when no answer comes. */
export async function send(options: OrderClientOptions, request: Sent): Promise<Response> {
  const { method, url, headers, body, signal } = request;
  const token = typeof options.token === 'string' ? options.token : await options.token();
  try {
    return await (options.fetch ?? fetch)(url, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    throw new ConnectionError(`no answer from ${new URL(url).origin}`, { cause });
  }
}

/** Returns the URL of a request. A parameter can fill no more than one part of the path. */
export function urlOf(baseUrl: string, path: string, { path: params = {}, query = {} }: AnyInput): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === '' || value === '.' || value === '..') {
      throw new TypeError(`${name} must be given, as a part of a path`);
    }
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams(
    Object.entries(query)
      .filter((entry) => entry[1] !== undefined)
      .map(([name, value]): [string, string] => [name, `${value}`]),
  );
  const text = search.toString();
  return `${baseUrl.replace(/\/+$/, '')}${filled}${text === '' ? '' : `?${text}`}`;
}
