import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { InvalidKeySetError } from './errors.ts';

/** Public keys, and how tokens may be signed by them. */
export interface KeySet {
  /** The same for the same keys, in whatever order they come. */
  readonly text: string;
  /** The signature algorithms that the keys are for. */
  readonly algorithms: readonly string[];
  /** Finds the key for a token; of the library. */
  readonly find: JWTVerifyGetKey;
}

const shape = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** The signature algorithms of each kind of public key. None of them uses a secret that the verifier has too. */
const SIGNS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
};

const RSA_LEAST_BITS = 2_048;

/**
 * Reads a JSON Web Key Set (RFC 7517). Keys for other purposes than signatures are passed over.
 *
 * @throws InvalidKeySetError for a set without a key that tokens can be verified with, and for one that holds a secret:
 *   whoever can verify with it could sign with it, and it should not be here
 */
export function readKeySet(text: string): KeySet {
  const keys = keysOf(text);
  const secret = keys.find((key) => key.kty === 'oct' || key['d'] !== undefined);
  if (secret !== undefined)
    throw new InvalidKeySetError(
      `holds a ${secret.kty === 'oct' ? 'secret' : 'private'} key${named(secret)}: public keys alone belong there`,
    );
  const refused = keys.map((key) => ({ key, why: whyUnusable(key) }));
  const usable = refused.filter(({ why }) => why === undefined).map(({ key }) => key);
  if (usable.length === 0) {
    const reasons = refused.map(({ key, why }) => `the key${named(key)} ${why}`);
    throw new InvalidKeySetError(`holds no key that tokens can be verified with: ${reasons.join('; ')}`);
  }
  return {
    text: usable
      .map((key) => JSON.stringify(key, Object.keys(key).toSorted()))
      .toSorted()
      .join('\n'),
    algorithms: [...new Set(usable.flatMap(algorithmsOf))].toSorted(),
    find: createLocalJWKSet({ keys: usable }),
  };
}

function keysOf(text: string): readonly JWK[] {
  try {
    return shape.parse(JSON.parse(text)).keys as JWK[];
  } catch (cause) {
    throw new InvalidKeySetError('does not hold a JSON Web Key Set', { cause });
  }
}

const named = ({ kid }: JWK) => (kid === undefined ? '' : ` ${kid}`);

/** The algorithms that a key may sign by: its own, or all of its kind. */
function algorithmsOf({ kty, crv, alg }: JWK): readonly string[] {
  const ofKind = SIGNS[crv === undefined ? kty! : `${kty} ${crv}`] ?? [];
  return alg === undefined ? ofKind : ofKind.filter((name) => name === alg);
}

function whyUnusable(key: JWK): string | undefined {
  if (key.use !== undefined && key.use !== 'sig') return `is for ${key.use}, not for signatures`;
  if (algorithmsOf(key).length === 0) return `of type ${key.alg ?? key.crv ?? key.kty} is not known`;
  if (key.kty !== 'RSA') return undefined;
  const bits = 8 * Buffer.from(key.n ?? '', 'base64url').length;
  return bits < RSA_LEAST_BITS ? `has ${bits} bits, and ${RSA_LEAST_BITS} are the least` : undefined;
}
