import { expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { readKeySet } from './key-set.ts';

const jwkOf = async (alg: string, which: 'publicKey' | 'privateKey' = 'publicKey') =>
  exportJWK((await generateKeyPair(alg, { extractable: true }))[which]);
const setOf = (...keys: readonly JWK[]) => JSON.stringify({ keys });

test('says by what algorithms its keys sign, and passes over keys for other things', async () => {
  const [rsa, ec, ed] = await Promise.all(['RS256', 'ES384', 'EdDSA'].map((alg) => jwkOf(alg)));
  expect(readKeySet(setOf({ ...rsa, alg: 'PS256' }, ec!, { ...rsa, use: 'enc' })).algorithms).toEqual([
    'ES384',
    'PS256',
  ]);
  expect(readKeySet(setOf(ed!, { ...rsa, alg: 'RSA-OAEP' })).algorithms).toEqual(['Ed25519', 'EdDSA']);
});

test('is the same set in whatever order keys and fields come', async () => {
  const [a, b] = [await jwkOf('ES256'), await jwkOf('ES256')];
  const turned = Object.fromEntries(Object.entries(a).toReversed());
  expect(readKeySet(setOf(b, turned)).text).toBe(readKeySet(setOf(a, b)).text);
  expect(readKeySet(setOf(a)).text).not.toBe(readKeySet(setOf(a, b)).text);
});

test.each([
  '',
  'x',
  '[]',
  '{}',
  '{"keys":[]}',
  '{"keys":{}}',
  '{"keys":[1]}',
  '{"keys":[{"kid":"a"}]}',
  'null',
])('%j is no key set', (text) => {
  expect(() => readKeySet(text)).toThrow(/Key Set/);
});

test('a set is refused that holds a secret, or no key for signatures', async () => {
  const ec = await jwkOf('ES256');
  expect(() => readKeySet(setOf(ec, { kty: 'oct', k: 'c2VjcmV0', kid: 'h1' }))).toThrow(/secret key h1/);
  expect(() => readKeySet(setOf({ ...ec, kid: 'e1', d: 'AAAA' }))).toThrow(/private key e1/);
  expect(() => readKeySet(setOf(ec, { ...ec, d: 'AAAA' }))).toThrow(/private key/);
  expect(() => readKeySet(setOf({ ...ec, use: 'enc' }))).toThrow(/for enc/);
  expect(() => readKeySet(setOf({ ...ec, alg: 'HS256' }))).toThrow(/HS256 is not known/);
  expect(() => readKeySet(setOf({ ...ec, crv: 'secp256k1' }))).toThrow(/secp256k1 is not known/);
  const weak = await jwkOf('RS256');
  expect(() => readKeySet(setOf({ ...weak, n: weak.n!.slice(0, 171), kid: 'w' }))).toThrow(
    /key w has 1024 bits/,
  );
});
