import { beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { createTokenVerifier, InvalidTokenError, type TokenVerifier } from './token-verifier.ts';

const START = Date.UTC(2026, 0, 1);
const [issuer, audience] = ['https://issuer.test', 'orders'];
let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
let now: number;
let verify: TokenVerifier;

const sign = (claims: JWTPayload, key: CryptoKey = keys.privateKey, alg = 'ES256') =>
  new SignJWT({ iss: issuer, aud: audience, exp: START / 1000 + 60, ...claims })
    .setProtectedHeader({ alg, kid: 'k1' })
    .sign(key);

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  now = START;
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' };
  verify = createTokenVerifier({ jwks: { keys: [jwk] }, issuer, audience, now: () => now });
});

test('gives subject and role', async () => {
  expect(await verify(await sign({ sub: 'm-1', role: 'member' }))).toEqual({
    caller: { role: 'member', subject: 'm-1' },
    until: START + 65_000,
  });
});

test('a token that was good is refused once it has expired', async () => {
  const token = await sign({ sub: 'm-2', role: 'member' });
  now = START;
  await verify(token);
  await verify(token);
  now = START + 66_000;
  await expect(verify(token)).rejects.toThrow(InvalidTokenError);
  now = START;
});

describe('refuses', () => {
  test.each<[string, JWTPayload]>([
    ['another issuer', { sub: 'a', role: 'member', iss: 'https://other.test' }],
    ['another audience', { sub: 'a', role: 'member', aud: 'x' }],
    ['no subject', { role: 'member' }],
    ['a subject with blanks', { sub: 'a b', role: 'member' }],
    ['a subject that is too long', { sub: 'a'.repeat(65), role: 'member' }],
    ['no role', { sub: 'a' }],
    ['an unknown role', { sub: 'a', role: 'admin' }],
    ['several roles', { sub: 'a', role: ['operator'] }],
    ['an expired one', { sub: 'a', role: 'member', exp: START / 1000 - 60 }],
  ])('%s', async (_, claims) => {
    await expect(verify(await sign(claims))).rejects.toThrow(InvalidTokenError);
  });

  test('one that never expires', async () => {
    const token = await new SignJWT({ iss: issuer, aud: audience, sub: 'a', role: 'member' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(keys.privateKey);
    await expect(verify(token)).rejects.toThrow(InvalidTokenError);
  });

  test('another key, an unsigned token, another algorithm, a changed one', async () => {
    const other = await generateKeyPair('ES256');
    const good = await sign({ sub: 'a', role: 'member' });
    const [head, , signature] = good.split('.');
    const payload = Buffer.from(JSON.stringify({ sub: 'a', role: 'operator', iss: issuer, aud: audience }));
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const hmac = await new SignJWT({
      iss: issuer,
      aud: audience,
      sub: 'a',
      role: 'member',
      exp: START / 1000 + 60,
    })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(new Uint8Array(32));
    for (const token of [
      await sign({ sub: 'a', role: 'member' }, other.privateKey),
      `${none}.${payload.toString('base64url')}.`,
      `${head}.${payload.toString('base64url')}.${signature}`,
      hmac,
      'a.b.c',
      '',
    ]) {
      await expect(verify(token)).rejects.toThrow(InvalidTokenError);
    }
  });
});
