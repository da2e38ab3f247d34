import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import { ACTORS, type Actor } from '@ordershard/order-events';
import type { Caller } from '../commands/caller.ts';
import { id } from './schemas/requests.ts';

export interface TokenRules {
  /** The public keys of those who may issue tokens, or where they are to be had. */
  readonly jwks: JSONWebKeySet | URL;
  readonly issuer: string;
  readonly audience: string;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

/** What a good token says. */
export interface VerifiedToken {
  readonly caller: Caller;
  /** Until when the token is good. Unix time in milliseconds. */
  readonly until: number;
}

/**
 * Reads the caller from a token.
 *
 * @throws InvalidTokenError when the token is not good
 * @throws KeysUnavailableError when the keys cannot be had
 */
export type TokenVerifier = (token: string) => Promise<VerifiedToken>;

/** The public keys that tokens are verified with cannot be had now. */
export class KeysUnavailableError extends Error {
  readonly code = 'API_KEYS_UNAVAILABLE';
  readonly retryable = true;
  override readonly name = 'KeysUnavailableError';
}

/** A token that is not to be believed; the message says why. */
export class InvalidTokenError extends Error {
  readonly code = 'API_INVALID_TOKEN';
  readonly retryable = false;
  override readonly name = 'InvalidTokenError';
}

/** How many verified tokens are kept; about 0.5 KB each. */
const CACHE_SIZE = 10_000;

/** How long the keys are waited for. Milliseconds. */
const KEYS_LIMIT_MS = 3_000;

/** How far the issuer's clock may be off. Seconds. */
const CLOCK_TOLERANCE = 5;

/**
 * Verifies ES256 tokens. A token that was verified is believed until it expires, as its signature cannot change: a
 * check of the signature costs some 100 µs, a look into the cache less than 1.
 */
export function createTokenVerifier({ jwks, issuer, audience, now = Date.now }: TokenRules): TokenVerifier {
  // The remote set is fetched when it is first needed, kept, and fetched again for a key id that is not in it.
  const keys =
    jwks instanceof URL
      ? createRemoteJWKSet(jwks, { timeoutDuration: KEYS_LIMIT_MS })
      : createLocalJWKSet(jwks);
  const verified = new Map<string, VerifiedToken>();
  return async (token) => {
    const known = verified.get(token);
    if (known !== undefined) {
      if (known.until > now()) return known;
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
    const read: VerifiedToken = {
      caller: callerOf(payload),
      until: (payload.exp! + CLOCK_TOLERANCE) * 1000,
    };
    if (verified.size >= CACHE_SIZE) verified.delete(verified.keys().next().value!);
    verified.set(token, read);
    return read;
  };
}

async function verify(token: string, check: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await check()).payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw new InvalidTokenError('the token has expired', { cause });
    // Its code is that of a response that is no key set; its class is that of all.
    if (cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid || isGeneric(cause)) {
      throw new KeysUnavailableError('the keys that tokens are verified with cannot be had now', { cause });
    }
    if (cause instanceof errors.JOSEError) throw new InvalidTokenError('the token is not valid', { cause });
    throw new KeysUnavailableError('the keys that tokens are verified with cannot be had now', { cause });
  }
}

function isGeneric(error: unknown): boolean {
  return error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC';
}

function callerOf({ sub, role }: JWTPayload): Caller {
  if (!id.safeParse(sub).success) throw new InvalidTokenError('the token names no subject');
  if (!ACTORS.includes(role as Actor)) throw new InvalidTokenError('the token names no role');
  return { role: role as Actor, subject: sub! };
}
