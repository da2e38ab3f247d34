import type { ErrorRequestHandler } from 'express';
import type { Logger } from '@ordershard/process';
import { problemOf } from './problem-of.ts';

/** Answers a request that failed with its problem. What is our own fault is logged. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = problemOf(error, request.headers['idempotency-key'] !== undefined);
    response.locals.problem = problem;
    const { requestId } = response.locals;
    if (problem.status === 503) {
      const { code, message } = (problem.cause ?? problem) as { code?: unknown; message?: unknown };
      log.warn({ requestId, code, reason: message }, 'unavailable');
    } else if (problem.status >= 500) {
      log.error({ requestId, err: problem.cause }, 'failed');
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const instance = request.originalUrl.split('?', 1)[0]!;
    const text = JSON.stringify(problem.toBody(instance));
    response.writeHead(problem.status, {
      ...problem.headers,
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  };
}
