import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serveCallbacks } from './callbacks.ts';
import { sign, SIGNATURE_HEADER } from './signature.ts';

const SECRET = 'a secret of the tests';
const hints: string[] = [];
let full = false;
let callbacks: Awaited<ReturnType<typeof serveCallbacks>>;

beforeAll(async () => {
  callbacks = await serveCallbacks({
    host: '127.0.0.1',
    port: 0,
    secret: SECRET,
    hint: (party, key) => {
      if (!full) hints.push(`${party} ${key}`);
      return !full;
    },
  });
});

afterAll(() => callbacks.close());

async function post(
  path: string,
  body: string,
  signature = sign(SECRET, body),
  method = 'POST',
): Promise<number> {
  const url = `http://127.0.0.1:${callbacks.port}${path}`;
  const headers = { [SIGNATURE_HEADER]: signature };
  const answer = await fetch(url, { method, headers, ...(method === 'GET' ? {} : { body }) });
  return answer.status;
}

const BODY = '{"key":"c-1","state":"captured"}';

test('a signed callback is a hint; any other is refused and is none', async () => {
  expect(await post('/callbacks/payment', BODY)).toBe(202);
  expect(hints).toEqual(['payment c-1']);
  expect(await post('/callbacks/payment', BODY, '')).toBe(401);
  expect(await post('/callbacks/payment', BODY, sign('another secret', BODY))).toBe(401);
  expect(await post('/callbacks/payment', BODY.replace('c-1', 'c-2'), sign(SECRET, BODY))).toBe(401);
  expect(await post('/callbacks/payment', '{}')).toBe(400);
  expect(await post('/callbacks/payment', 'not JSON')).toBe(400);
  expect(await post('/callbacks/weather', BODY)).toBe(404);
  expect(await post('/callbacks/shop', BODY, '', 'GET')).toBe(405);
  expect(await post('/callbacks/shop', JSON.stringify({ key: 'x'.repeat(20_000) }))).toBe(413);
  expect(hints).toEqual(['payment c-1']);
});

test('a hint that cannot be followed now is to be given again', async () => {
  full = true;
  expect(await post('/callbacks/payment', BODY)).toBe(503);
  full = false;
});
