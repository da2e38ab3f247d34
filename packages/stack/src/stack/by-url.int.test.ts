import { afterAll, expect, jest, test } from '@jest/globals';
import { UserServerError } from '../errors.ts';
import { mintToken } from '../access/token.ts';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { readFileSync, statSync } from 'node:fs';
import { freePort } from '../process/ports.ts';
import { scratch } from '../testing/scratch.ts';
import { startStack } from './start.ts';

jest.setTimeout(60_000);

const place = scratch();
afterAll(async () => place.remove());

/** The servers of Jest's own stack, given as a user gives hers. */
const given = { ...process.env, ORDERSHARD_JWKS_FILE: undefined, ORDERSHARD_JWT_SIGNING_KEY_FILE: undefined };

test("the user's servers are used as they are, nothing is started, and keys are made", async () => {
  const stack = await startStack({ name: 'mine', checkoutRoot: place.root, env: given });
  expect(new Set(stack.parts.map((part) => part.way))).toEqual(new Set(['url']));
  expect(place.processesOf('mine')).toEqual([]);
  for (const name of ['ORDERSHARD_MYSQL_URLS', 'ORDERSHARD_KAFKA_BROKERS', 'ORDERSHARD_MONGODB_URL']) {
    expect(stack.env[name]).toBe(process.env[name]);
  }
  await expect(stack.part('kafka').kill()).rejects.toThrow(/is yours, by URL/);

  const token = await mintToken({ role: 'member', subject: 'm-1', ttlSeconds: 60 }, stack.env);
  const jwks = JSON.parse(readFileSync(stack.env['ORDERSHARD_JWKS_FILE'] ?? '', 'utf8')) as { keys: [] };
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
    issuer: stack.env['ORDERSHARD_JWT_ISSUER'] ?? '',
    audience: stack.env['ORDERSHARD_JWT_AUDIENCE'] ?? '',
    algorithms: ['ES256'],
  });
  expect(payload).toMatchObject({ sub: 'm-1', role: 'member' });
  expect(protectedHeader.alg).toBe('ES256');
  expect(statSync(stack.env['ORDERSHARD_JWT_SIGNING_KEY_FILE'] ?? '').mode & 0o777).toBe(0o600);
  await stack.stop();
});

test('one that does not answer stops the start, by its variable, and no other way is tried', async () => {
  const port = await freePort();
  const starting = startStack({
    name: 'gone',
    checkoutRoot: place.root,
    env: { ...given, ORDERSHARD_KAFKA_BROKERS: `127.0.0.1:${port}` },
  });
  await expect(starting).rejects.toThrow(UserServerError);
  await expect(starting).rejects.toThrow(
    /^ORDERSHARD_KAFKA_BROKERS names 127\.0\.0\.1:\d+, which does not answer/,
  );
  expect(place.exists('gone')).toBe(false);
});
