import { beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import {
  CompactSign,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import { KeyRing } from '../keys/key-ring.ts';
import { createTokenVerifier, InvalidTokenError, type TokenVerifier } from './token-verifier.ts';

const START = Date.UTC(2026, 0, 1);
const [issuer, audience] = ['https://issuer.test', 'orders'];
const claims = { iss: issuer, aud: audience, exp: START / 1000 + 60, sub: 'm-1', role: 'member' };

interface Pair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

let now = START;

async function pairOf(alg: string, named: JWK = {}): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), ...named } };
}

/** Signs claims. By default a member's. */
function sign(
  { privateKey }: Pair,
  alg: string,
  kid: string | undefined = 'k1',
  payload: JWTPayload = claims,
) {
  return new SignJWT(payload).setProtectedHeader({ alg, ...(kid === '' ? {} : { kid }) }).sign(privateKey);
}

function verifierOf(...jwks: readonly JWK[]): TokenVerifier {
  const keys = new KeyRing({
    source: () => Promise.resolve(JSON.stringify({ keys: jwks })),
    staleMs: 60_000,
    log: createLogger('keys', 'silent'),
  });
  return createTokenVerifier({ keys, issuer, audience, now: () => now });
}

let es256: Pair;
let rs256: Pair;
let tokens: TokenVerifier;

beforeAll(async () => {
  es256 = await pairOf('ES256', { kid: 'k1', alg: 'ES256' });
  rs256 = await pairOf('RS256', { kid: 'r1' });
  tokens = verifierOf(es256.jwk);
});

test('gives subject and role, and says until when', async () => {
  const token = await sign(es256, 'ES256');
  expect(tokens.lastCallerOf(token)).toBeUndefined();
  const caller = { role: 'member', subject: 'm-1' };
  expect(await tokens.verify(token)).toMatchObject({ caller, until: START + 65_000 });
  expect(tokens.lastCallerOf(token)).toEqual(caller);
});

test('a token that was good is refused once it has expired', async () => {
  const token = await sign(es256, 'ES256', 'k1', { ...claims, sub: 'm-2' });
  await tokens.verify(token);
  await tokens.verify(token);
  now = START + 66_000;
  await expect(tokens.verify(token)).rejects.toThrow(InvalidTokenError);
  now = START;
});

describe('refuses', () => {
  test.each<[string, JWTPayload]>([
    ['another issuer', { iss: 'https://other.test' }],
    ['another audience', { aud: 'x' }],
    ['no subject', { sub: undefined! }],
    ['a subject with blanks', { sub: 'a b' }],
    ['a subject that is too long', { sub: 'a'.repeat(65) }],
    ['a subject that a URL takes for a path', { sub: '..' }],
    ['no role', { role: undefined }],
    ['an unknown role', { role: 'admin' }],
    ['several roles', { role: ['operator'] }],
    ['an expired one', { exp: START / 1000 - 60 }],
    ['one that never expires', { exp: undefined! }],
  ])('%s', async (_, change) => {
    const token = await sign(es256, 'ES256', 'k1', { ...claims, ...change });
    await expect(tokens.verify(token)).rejects.toThrow(InvalidTokenError);
  });

  test('another key, an unsigned token, a changed one, and what is none', async () => {
    const other = await pairOf('ES256');
    const [head, , signature] = (await sign(es256, 'ES256')).split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims, role: 'operator' })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [
      await sign(other, 'ES256'),
      `${none}.${payload}.`,
      `${head}.${payload}.${signature}`,
      `${head}.${payload}.`,
      'a.b.c',
      '',
    ])
      await expect(tokens.verify(token)).rejects.toThrow(InvalidTokenError);
  });
});

describe('the keys say how tokens are signed', () => {
  test.each(['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    '%s is taken by a key of its kind, named or not',
    async (alg) => {
      const pair = await pairOf(alg);
      const token = await sign(pair, alg);
      for (const jwk of [
        { ...pair.jwk, kid: 'k1' },
        { ...pair.jwk, kid: 'k1', alg, use: 'sig' },
      ])
        expect(
          (await verifierOf(es256.jwk, jwk, { ...rs256.jwk, kid: 'k1', use: 'enc' }).verify(token)).caller,
        ).toEqual({
          role: 'member',
          subject: 'm-1',
        });
      await expect(verifierOf({ ...pair.jwk, kid: 'k2' }).verify(token)).rejects.toThrow(InvalidTokenError);
    },
  );

  test('a token that names none of several keys is tried with each', async () => {
    const other = await pairOf('ES256', { kid: 'k2' });
    const both = verifierOf(es256.jwk, other.jwk);
    for (const pair of [es256, other]) await both.verify(await sign(pair, 'ES256', ''));
    await expect(both.verify(await sign(await pairOf('ES256'), 'ES256', ''))).rejects.toThrow(
      InvalidTokenError,
    );
  });

  test('a key that is for one algorithm verifies by no other', async () => {
    const pss = verifierOf({ ...rs256.jwk, alg: 'PS256' });
    await expect(pss.verify(await sign(rs256, 'RS256', 'r1'))).rejects.toThrow(InvalidTokenError);
    await expect(tokens.verify(await sign(rs256, 'RS256', 'k1'))).rejects.toThrow(InvalidTokenError);
    await expect(verifierOf(rs256.jwk).verify(await sign(es256, 'ES256', 'r1'))).rejects.toThrow(
      InvalidTokenError,
    );
  });

  test('nothing public is taken for a secret', async () => {
    const both = verifierOf(es256.jwk, rs256.jwk);
    const payload = new TextEncoder().encode(JSON.stringify({ ...claims, role: 'operator' }));
    const secrets = [
      await exportSPKI(rs256.publicKey),
      (await exportSPKI(rs256.publicKey)).trim(),
      JSON.stringify(rs256.jwk),
      Buffer.from(rs256.jwk.n!, 'base64url'),
      await exportSPKI(es256.publicKey),
      Buffer.from(es256.jwk.x!, 'base64url'),
    ].map((text) => new Uint8Array(Buffer.from(text)));
    for (const secret of secrets) {
      for (const [alg, kid] of [
        ['HS256', 'r1'],
        ['HS256', 'k1'],
        ['HS256', undefined],
      ] as const) {
        const token = await new CompactSign(payload)
          .setProtectedHeader({ alg, ...(kid && { kid }) })
          .sign(secret);
        await expect(both.verify(token)).rejects.toThrow(InvalidTokenError);
      }
    }
  });

  test('a key that comes with the token is none', async () => {
    const own = await pairOf('ES256');
    for (const header of [
      { jwk: own.jwk },
      { jku: 'https://attacker.test/keys' },
      { kid: 'k1', jwk: own.jwk },
      { kid: '../../dev/null' },
    ]) {
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(own.privateKey);
      await expect(tokens.verify(token)).rejects.toThrow(InvalidTokenError);
    }
  });
});
