import type { Actor } from '@ordershard/order-events';
import type { Caller } from '../commands/caller.ts';
import type { ApiHandler } from './locals.ts';
import { Problem } from './problem.ts';
import { InvalidTokenError, type TokenVerifier } from './token-verifier.ts';

const BEARER = /^Bearer +([\w~+/.-]+=*) *$/i;

/** Lets a request pass whose bearer token is good, and notes who calls. Otherwise 401. */
export function authenticate(verify: TokenVerifier): ApiHandler {
  return async (request, response, next) => {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw unauthenticated('Send an Authorization header with a bearer token.');
    try {
      const { caller, until } = await verify(token);
      response.locals.caller = caller;
      response.locals.callerUntil = until;
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      throw unauthenticated(error.message, error);
    }
    next();
  };
}

/** The challenge of RFC 6750; `cause` is absent when there was no token. */
function unauthenticated(detail: string, cause?: InvalidTokenError): Problem {
  const challenge = 'Bearer realm="ordershard"';
  return new Problem('unauthenticated', detail, {
    cause,
    headers: {
      'WWW-Authenticate':
        cause === undefined
          ? challenge
          : `${challenge}, error="invalid_token", error_description="${cause.message}"`,
    },
  });
}

/** Throws 403 unless the caller has one of the roles. */
export function requireRole(caller: Caller, ...roles: readonly Actor[]): void {
  if (!roles.includes(caller.role))
    throw new Problem('forbidden', `This takes the role ${roles.join(' or ')}.`);
}
