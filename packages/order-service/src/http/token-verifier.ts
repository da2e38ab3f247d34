import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { ACTORS, type Actor } from '@ordershard/order-events';
import type { Caller } from '../commands/caller.ts';
import { id } from './schemas.ts';

export interface TokenRules {
  /** The public keys of those who may issue tokens. */
  readonly jwks: JSONWebKeySet;
  readonly issuer: string;
  readonly audience: string;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

/** Reads the caller from a token. Throws {@link InvalidTokenError} when the token is not good. */
export type TokenVerifier = (token: string) => Promise<Caller>;

/** A token that is not to be believed; the message says why. */
export class InvalidTokenError extends Error {
  readonly code = 'API_INVALID_TOKEN';
  readonly retryable = false;
  override readonly name = 'InvalidTokenError';
}

/** How many verified tokens are kept; about 0.5 KB each. */
const CACHE_SIZE = 10_000;

/** How far the issuer's clock may be off. Seconds. */
const CLOCK_TOLERANCE = 5;

/**
 * Verifies ES256 tokens. A token that was verified is believed until it expires, as its signature cannot change: a
 * check of the signature costs some 100 µs, a look into the cache less than 1.
 */
export function createTokenVerifier({ jwks, issuer, audience, now = Date.now }: TokenRules): TokenVerifier {
  const keys = createLocalJWKSet(jwks);
  const verified = new Map<string, { readonly caller: Caller; readonly until: number }>();
  return async (token) => {
    const known = verified.get(token);
    if (known !== undefined) {
      if (known.until > now()) return known.caller;
      verified.delete(token);
    }
    const payload = await verify(token, () =>
      jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ['ES256'],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now()),
      }),
    );
    const caller = callerOf(payload);
    if (verified.size >= CACHE_SIZE) verified.delete(verified.keys().next().value!);
    verified.set(token, { caller, until: (payload.exp! + CLOCK_TOLERANCE) * 1000 });
    return caller;
  };
}

async function verify(token: string, check: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await check()).payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw new InvalidTokenError('the token has expired', { cause });
    if (cause instanceof errors.JOSEError) throw new InvalidTokenError('the token is not valid', { cause });
    throw cause;
  }
}

function callerOf({ sub, role }: JWTPayload): Caller {
  if (!id.safeParse(sub).success) throw new InvalidTokenError('the token names no subject');
  if (!ACTORS.includes(role as Actor)) throw new InvalidTokenError('the token names no role');
  return { role: role as Actor, subject: sub! };
}
