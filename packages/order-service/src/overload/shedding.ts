import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PROBLEMS, TYPE_PREFIX } from '../http/problem.ts';
import type { BackPressure } from './back-pressure.ts';
import type { LoadShedder, RequestClass } from './load-shedder.ts';

/** The paths that monitoring asks for. It needs the answers most when the process has too much to do. */
const NEVER_SHED = new Set(['/livez', '/readyz', '/metrics']);

const { status: STATUS, title } = PROBLEMS.overloaded;

/** The problem, up to the path that was asked for. */
const BODY = JSON.stringify({
  type: `${TYPE_PREFIX}overloaded`,
  title,
  status: STATUS,
  detail: 'This instance has as much to do as it can. Nothing was done.',
}).slice(0, -1);

/** Callers that were refused together should not come back together. Seconds. */
const RETRY_AFTER = ['1', '2', '3'];

export interface SheddingParts {
  readonly shedder: LoadShedder;
  readonly pressure: BackPressure;
  /**
   * Returns the caller, as far as it is known without a check of a signature. All unknown callers have one share together.
   */
  readonly callerOf: (authorization: string | undefined) => string | undefined;
}

const UNKNOWN = 'unknown';

/**
 * Passes to a listener as many requests as a shedder takes, and refuses the others with 503 before anything of them is read:
 * before their token is verified, and in front of the web framework, which costs as much as some orders do. When even
 * refusing takes too much, connections are read less.
 */
export function shedding(
  listener: RequestListener,
  { shedder, pressure, callerOf }: SheddingParts,
): RequestListener {
  let refused = 0;
  return (request, response) => {
    if (NEVER_SHED.has(request.url ?? '')) {
      listener(request, response);
      return;
    }
    const kind = classOf(request);
    const over = shedder.take(kind, callerOf(request.headers.authorization) ?? UNKNOWN);
    if (over === undefined) {
      refused += 1;
      refuse(request, response, RETRY_AFTER[refused % RETRY_AFTER.length]!);
      pressure.refused(request.socket);
      return;
    }
    const { socket } = request;
    response.once('close', () => {
      over();
      if (kind === 'new') pressure.done(socket);
    });
    // A stream stays open after all work for it is done. The order tracker counts the open streams.
    if (isStream(request)) beforeHead(response, over);
    listener(request, response);
  };
}

/** Decides by the path alone: what a caller says that it accepts makes no request a stream. */
const isStream = ({ url = '' }: IncomingMessage) => /\/v1\/orders\/[^/?]+\/events\/?(?:\?|$)/i.test(url);

/** Calls `fn` when the answer begins. */
function beforeHead(response: ServerResponse, fn: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse;
  response.writeHead = (...given: unknown[]) => {
    fn();
    return writeHead(...given);
  };
}

/** Takes every way to write the path: for the framework, capitals, a slash at the end and a query lead to the same route. */
function classOf({ method, url = '' }: IncomingMessage): RequestClass {
  if (method === 'PUT') return /\/v1\/orders\//i.test(url) ? 'new' : 'ongoing';
  if (method !== 'POST') return 'ongoing';
  if (/\/v1\/order-changes\/?(?:\?|$)/i.test(url)) return 'bulk';
  return /\/v1\/(?:orders|order-numbers)\/?(?:\?|$)/i.test(url) ? 'new' : 'ongoing';
}

function refuse({ url = '' }: IncomingMessage, response: ServerResponse, retryAfter: string): void {
  const text = `${BODY},"instance":${JSON.stringify(url.split('?', 1)[0])}}`;
  response.writeHead(STATUS, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'",
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    'X-Content-Type-Options': 'nosniff',
    'Retry-After': retryAfter,
  });
  response.end(text);
}
