import type { Logger } from '@ordershard/process';
import { callerOf, type ApiHandler } from './locals.ts';

/**
 * Notes what operators ask for, whether it is allowed and done or not: who, what, when, and with which outcome. Never what
 * a body says. Reads are noted too: they are of other people's orders.
 */
export function auditOperators(log: Logger): ApiHandler {
  return (request, response, next) => {
    const caller = callerOf(response);
    if (caller.role === 'operator') {
      response.once('close', () => {
        log.info(
          {
            audit: true,
            operator: caller.subject,
            method: request.method,
            path: request.originalUrl.split('?', 1)[0],
            status: response.statusCode,
            answered: response.writableFinished,
            requestId: response.locals.requestId,
          },
          'operator action',
        );
      });
    }
    next();
  };
}
