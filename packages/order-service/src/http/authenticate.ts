import type { Actor } from '@ordershard/order-events';
import { type Caller, callerText } from '../commands/caller.ts';
import type { ApiHandler } from './locals.ts';
import { Problem } from './problem.ts';
import { InvalidTokenError, type TokenVerifier } from './token-verifier.ts';

const BEARER = /^Bearer +([\w~+/.-]+=*) *$/i;

/** The token of an `Authorization` header; undefined without one. */
const tokenOf = (authorization: string | undefined) => BEARER.exec(authorization ?? '')?.[1];

/** Returns a function that finds the caller of a token verified before, for code that must be quick. */
export function lastCallerOf(
  tokens: TokenVerifier,
): (authorization: string | undefined) => string | undefined {
  return (authorization) => {
    const token = tokenOf(authorization);
    const caller = token === undefined ? undefined : tokens.lastCallerOf(token);
    return caller === undefined ? undefined : callerText(caller);
  };
}

/** Lets a request pass whose bearer token is good, and notes who calls. Otherwise 401. */
export function authenticate(tokens: TokenVerifier): ApiHandler {
  return async (request, response, next) => {
    const token = tokenOf(request.headers.authorization);
    if (token === undefined) throw unauthenticated('Send an Authorization header with a bearer token.');
    try {
      const { caller, until } = await tokens.verify(token);
      response.locals.caller = caller;
      response.locals.callerUntil = until;
      response.locals.isStillCaller = () => isGood(tokens, token);
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      throw unauthenticated(error.message, error);
    }
    next();
  };
}

/** Whether a token is still good; also true while that cannot be found out. */
async function isGood(tokens: TokenVerifier, token: string): Promise<boolean> {
  try {
    await tokens.verify(token);
    return true;
  } catch (error) {
    return !(error instanceof InvalidTokenError);
  }
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
