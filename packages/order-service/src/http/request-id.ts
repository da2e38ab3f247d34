import { randomUUID } from 'node:crypto';
import type { Logger } from '@ordershard/process';
import type { ApiHandler } from './locals.ts';

const HEADER = 'X-Request-Id';
const USABLE = /^[\w.:-]{1,64}$/;

/**
 * Gives a request an id, the caller's own where it sent a usable one, and notes the request at level debug. Answers are
 * for their caller alone: no cache keeps them. While the process drains, connections are closed with their answers.
 */
export function requestId(log: Logger, draining: AbortSignal): ApiHandler {
  const noted = log.isLevelEnabled('debug');
  return (request, response, next) => {
    const given = request.get(HEADER);
    const id = given !== undefined && USABLE.test(given) ? given : randomUUID();
    response.locals.requestId = id;
    response.setHeader(HEADER, id);
    response.setHeader('Cache-Control', 'no-store');
    // Then no client sends another request on this connection, which could end at that moment.
    if (draining.aborted) response.setHeader('Connection', 'close');
    if (noted) {
      const start = performance.now();
      response.once('finish', () => {
        const { method, originalUrl: url } = request;
        log.debug(
          { requestId: id, method, url, status: response.statusCode, ms: performance.now() - start },
          'request',
        );
      });
    }
    next();
  };
}
