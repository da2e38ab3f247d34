import { Pool } from 'undici';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly token: string;
  readonly idempotencyKey?: string | undefined;
  /** JSON text. */
  readonly body?: string | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  /** Whether the API says that this is an earlier answer again. */
  readonly replayed: boolean;
  /** After how many seconds the client may ask again, as the API says. */
  readonly retryAfter: number | undefined;
}

/** How long a client waits for an answer, milliseconds. */
const PATIENCE_MS = 15_000;

/** Keep-alive connections to the API. */
export class ApiClient {
  readonly #pool: Pool;
  /** Every request that was sent, repeats and abandoned ones included. */
  requests = 0;

  constructor(origin: string, connections: number) {
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
      keepAliveTimeout: 30_000,
    });
  }

  /** Sends one request and returns its answer, whatever its status. Throws undici's errors when no answer comes. */
  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiAnswer> {
    this.requests += 1;
    const { statusCode, headers, body } = await this.#pool.request({
      method: request.method,
      path: request.path,
      headers: headersOf(request),
      body: request.body ?? null,
      signal: signal ?? null,
    });
    const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
    return {
      status: statusCode,
      body: await body.text(),
      replayed: headers['idempotent-replayed'] === 'true',
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    };
  }

  /** Sends a request and hangs up after `afterMs`, so that nobody knows whether it was carried out. */
  async abandon(request: ApiRequest, afterMs: number): Promise<void> {
    await this.send(request, AbortSignal.timeout(afterMs)).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function headersOf({ token, idempotencyKey, body }: ApiRequest): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}
