import { once } from 'node:events';
import { mkdtemp, rm, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { createTokenVerifier, InvalidTokenError, type TokenVerifier } from '../http/token-verifier.ts';
import { KeysUnavailableError } from './errors.ts';
import { KeyRing } from './key-ring.ts';
import { keyFile, type KeySource, keyUrl } from './key-source.ts';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const [issuer, audience] = ['https://issuer.test', 'orders'];

interface Signer {
  readonly jwk: JWK;
  token(): Promise<string>;
}

let folder: string;
let first: Signer;
let second: Signer;
let server: Server | undefined;
/** Time as the ring sees it. */
let now: number;
let count = 0;

async function signerOf(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return {
    jwk: { ...(await exportJWK(publicKey)), kid },
    token: () =>
      new SignJWT({ role: 'member', sub: `m-${(count += 1)}` })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('30d')
        .sign(privateKey),
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ordershard-keys-'));
  [first, second] = await Promise.all([signerOf('k1'), signerOf('k2')]);
});

afterEach(async () => {
  await closeServer();
});

afterAll(() => rm(folder, { recursive: true }));

async function closeServer(): Promise<void> {
  if (server === undefined) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  server = undefined;
}

const textOf = (...signers: readonly Signer[]) => JSON.stringify({ keys: signers.map(({ jwk }) => jwk) });

function open(source: KeySource, staleMs = HOUR): { ring: KeyRing; tokens: TokenVerifier } {
  now = 0;
  const ring = new KeyRing({ source, staleMs, log: createLogger('keys', 'silent'), now: () => now });
  return { ring, tokens: createTokenVerifier({ keys: ring, issuer, audience }) };
}

/** An issuer whose answers a test chooses; counts how often it is asked. */
async function issuerOf(answer: () => { status?: number; body: string }) {
  const asked = { count: 0, url: new URL('http://localhost') };
  server = createServer((_, response) => {
    asked.count += 1;
    const { status = 200, body } = answer();
    response.writeHead(status, { location: '/elsewhere', 'cache-control': 'max-age=86400' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  asked.url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
  return asked;
}

/** Lets a look that goes on beside the requests end. */
async function looked(ring: KeyRing): Promise<void> {
  now += 5 * SECOND;
  await ring.lookFurther();
}

describe('a file', () => {
  test('is read again when it changes: what is new is taken at once, what is gone refused within a minute', async () => {
    const path = join(folder, 'keys.json');
    await writeFile(path, textOf(first));
    const { tokens } = open(keyFile(path));
    const old = await first.token();
    await tokens.verify(old);
    now += 6 * SECOND;
    await writeFile(path, textOf(first, second));
    await tokens.verify(await second.token());
    await tokens.verify(old);
    await writeFile(path, textOf(second));
    now += MINUTE;
    await expect(tokens.verify(old)).rejects.toThrow(InvalidTokenError);
    await tokens.verify(await second.token());
  });

  test('may be a link that is turned to another file, as mounted secrets are', async () => {
    await writeFile(join(folder, 'a.json'), textOf(first));
    await writeFile(join(folder, 'b.json'), textOf(second));
    await symlink('a.json', join(folder, 'link.json'));
    const { tokens } = open(keyFile(join(folder, 'link.json')));
    await tokens.verify(await first.token());
    await symlink('b.json', join(folder, 'next.json'));
    await rename(join(folder, 'next.json'), join(folder, 'link.json'));
    now += MINUTE;
    await tokens.verify(await second.token());
    await expect(tokens.verify(await first.token())).rejects.toThrow(InvalidTokenError);
  });

  test.each(['', '{"keys":[', '{"keys":[{"kty":"oct","k":"AAAA"}]}'])(
    'that holds %j for a while leaves the keys of before',
    async (text) => {
      const path = join(folder, 'broken.json');
      await writeFile(path, textOf(first));
      const { ring, tokens } = open(keyFile(path));
      await tokens.verify(await first.token());
      expect(ring.state).toEqual({ state: 'up' });
      await writeFile(path, text);
      await looked(ring);
      await tokens.verify(await first.token());
      expect(ring.state).toMatchObject({ state: 'stale', problem: expect.stringMatching(/key/i) });
      await writeFile(path, textOf(second));
      await looked(ring);
      expect(ring.state).toEqual({ state: 'up' });
      await tokens.verify(await second.token());
    },
  );
});

describe('an issuer', () => {
  test('that withdraws a key has it refused within a minute, busy or not, for tokens that were seen as well', async () => {
    let body = textOf(first, second);
    const { url } = await issuerOf(() => ({ body }));
    const { ring, tokens } = open(keyUrl(url));
    const [old, good] = [await first.token(), await second.token()];
    for (const token of [old, good]) await tokens.verify(token);
    body = textOf(second);
    // Idle.
    now += 59 * SECOND;
    await expect(tokens.verify(old)).rejects.toThrow(InvalidTokenError);
    await tokens.verify(good);
    // Busy.
    body = textOf(first);
    const refused: boolean[] = [];
    for (let passed = 0; passed < 60; passed += 1) {
      now += SECOND;
      refused.push(
        await tokens.verify(good).then(
          () => false,
          () => true,
        ),
      );
      // What looks beside the requests ends before the next of them.
      await ring.lookFurther();
    }
    expect(refused.at(-1)).toBe(true);
  });

  test('is asked for a key that it has begun to use, but not for each token that is made up', async () => {
    let body = textOf(first);
    const asked = await issuerOf(() => ({ body }));
    const { tokens } = open(keyUrl(asked.url));
    await tokens.verify(await first.token());
    body = textOf(first, second);
    now += 6 * SECOND;
    await tokens.verify(await second.token());
    const made = await signerOf('made-up');
    for (let i = 0; i < 50; i += 1)
      await expect(tokens.verify(await made.token())).rejects.toThrow(InvalidTokenError);
    expect(asked.count).toBeLessThanOrEqual(3);
  });

  test('that is away is bridged for as long as was said, and no request waits for it', async () => {
    let status = 200;
    const asked = await issuerOf(() => ({ status, body: textOf(first) }));
    const { ring, tokens } = open(keyUrl(asked.url), HOUR);
    const known = await first.token();
    await tokens.verify(known);
    status = 500;
    for (; now < HOUR - 30 * SECOND; now += 25 * SECOND) await tokens.verify(await first.token());
    await looked(ring);
    expect(ring.state).toMatchObject({ state: 'stale', problem: expect.stringContaining('500') });
    now = HOUR + SECOND;
    await expect(tokens.verify(await first.token())).rejects.toThrow(KeysUnavailableError);
    await expect(tokens.verify(known)).rejects.toThrow(KeysUnavailableError);
    expect(ring.state.state).toBe('down');
    status = 200;
    now += 10 * SECOND;
    await tokens.verify(known);
    expect(ring.state).toEqual({ state: 'up' });
  });

  test('that does not answer holds up those alone whom nothing bridges', async () => {
    let isSilent = false;
    server = createServer((_, response) => {
      if (!isSilent) response.end(textOf(first));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { tokens } = open(keyUrl(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)));
    await tokens.verify(await first.token());
    isSilent = true;
    now += 25 * SECOND;
    const token = await first.token();
    const ended = await Promise.race([
      tokens.verify(token).then(() => 'verified'),
      new Promise((resolve) => setTimeout(resolve, 2_500, 'waits')),
    ]);
    expect(ended).toBe('verified');
  });

  test.each([
    [302, ''],
    [200, '<html>'],
    [200, ' '.repeat(1_100_000)],
    [404, '{"keys":[]}'],
  ])('that answers %i %.10j gives no keys', async (status, body) => {
    const { url } = await issuerOf(() => ({ status, body }));
    const { ring, tokens } = open(keyUrl(url));
    await expect(tokens.verify(await first.token())).rejects.toThrow(KeysUnavailableError);
    expect(ring.state).toMatchObject({ state: 'down', problem: expect.any(String) });
  });
});
