import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PROBLEMS, TYPE_PREFIX } from '../http/problem.ts';
import type { BackPressure } from './back-pressure.ts';
import type { LoadShedder, RequestClass } from './load-shedder.ts';

/** What is asked by those who watch the process, which must hear of it most when there is too much to do. */
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

/**
 * Lets a listener have as many requests as a shedder takes, and refuses the others with 503 before anything of them is
 * read: before their token is verified, and in front of the web framework, which costs as much as some orders do. Where
 * even that takes too much, connections are read less.
 */
export function shedding(
  listener: RequestListener,
  shedder: LoadShedder,
  pressure: BackPressure,
): RequestListener {
  let refused = 0;
  return (request, response) => {
    if (isExempt(request)) {
      listener(request, response);
      return;
    }
    const kind = classOf(request);
    const over = shedder.take(kind);
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
    listener(request, response);
  };
}

/** Streams of events stay open, and are counted by who serves them. */
function isExempt({ url = '', headers }: IncomingMessage): boolean {
  return NEVER_SHED.has(url) || headers.accept?.includes('text/event-stream') === true;
}

function classOf({ method, url = '' }: IncomingMessage): RequestClass {
  if (method === 'PUT' && url.startsWith('/v1/orders/')) return 'new';
  return method === 'POST' && (url === '/v1/orders' || url === '/v1/order-numbers') ? 'new' : 'ongoing';
}

function refuse({ url = '' }: IncomingMessage, response: ServerResponse, retryAfter: string): void {
  const text = `${BODY},"instance":${JSON.stringify(url.split('?', 1)[0])}}`;
  response.writeHead(STATUS, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'Retry-After': retryAfter,
  });
  response.end(text);
}
