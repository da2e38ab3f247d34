import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { ACTORS, type Actor } from '@ordershard/order-events';
import type { Caller } from '../commands/caller.ts';
import { KeysUnavailableError } from '../keys/errors.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { KeySet } from '../keys/key-set.ts';
import { id } from './schemas/requests.ts';

export interface TokenRules {
  /** The public keys of those who may issue tokens. */
  readonly keys: Pick<KeyRing, 'keys' | 'lookFurther'>;
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

/** Reads callers from tokens. */
export interface TokenVerifier {
  /**
   * @throws InvalidTokenError when the token is not good
   * @throws KeysUnavailableError when the keys cannot be had
   */
  verify(token: string): Promise<VerifiedToken>;
  /** The caller of a token that was good when it was last verified; undefined for others. */
  lastCallerOf(token: string): Caller | undefined;
}

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
 * Verifies tokens that are signed by one of the keys, by an algorithm that this key is for. A token that was verified is
 * believed until it expires or the keys change, as its signature cannot change: a check of the signature costs some
 * 100 µs, a look into the cache less than 1.
 */
export function createTokenVerifier({ keys, issuer, audience, now = Date.now }: TokenRules): TokenVerifier {
  const verified = new Map<string, VerifiedToken & { readonly by: KeySet }>();
  const payloadOf = async (token: string, by: KeySet): Promise<JWTPayload> => {
    const rules = {
      issuer,
      audience,
      algorithms: [...by.algorithms],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(now()),
    };
    try {
      return (await jwtVerify(token, by.find, rules)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return payloadByOneOf(error, token, rules);
    }
  };
  return {
    lastCallerOf: (token) => verified.get(token)?.caller,
    async verify(token) {
      let by = await keys.keys();
      const known = verified.get(token);
      if (known !== undefined) {
        if (known.by === by && known.until > now()) return known;
        verified.delete(token);
      }
      let payload: JWTPayload;
      try {
        payload = await payloadOf(token, by).catch(async (error: unknown) => {
          if (!mayBeOfNewKey(error)) throw error;
          await keys.lookFurther();
          const before = by;
          by = await keys.keys();
          if (by === before) throw error;
          return payloadOf(token, by);
        });
      } catch (cause) {
        if (cause instanceof KeysUnavailableError) throw cause;
        const what = cause instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid';
        throw new InvalidTokenError(what, { cause });
      }
      const read = { caller: callerOf(payload), until: (payload.exp! + CLOCK_TOLERANCE) * 1000, by };
      if (verified.size >= CACHE_SIZE) verified.delete(verified.keys().next().value!);
      verified.set(token, read);
      return read;
    },
  };
}

/** Whether a token that failed may be good with newer keys: the issuer may have begun to use another key or algorithm. */
function mayBeOfNewKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSEAlgNotAllowed;
}

/**
 * Returns the payload of a token that does not say which of several keys signed it. Throws the library's error when none did.
 */
async function payloadByOneOf(
  candidates: errors.JWKSMultipleMatchingKeys,
  token: string,
  rules: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, rules)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function callerOf({ sub, role }: JWTPayload): Caller {
  if (!id.safeParse(sub).success) throw new InvalidTokenError('the token names no subject');
  if (!ACTORS.includes(role as Actor)) throw new InvalidTokenError('the token names no role');
  return { role: role as Actor, subject: sub! };
}
