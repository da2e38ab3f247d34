import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ThirdPartyRefusedError, ThirdPartyUnavailableError } from '../errors.ts';
import { FakeServer } from '../fake/serve-fake.ts';
import { thirdPartyContract } from '../ports/third-party.contract.ts';
import { HttpParty } from './http-party.ts';

const startFake = () =>
  FakeServer.start({ seed: 1, host: '127.0.0.1', port: 0, secret: 'a secret of the tests' });

const control = (port: number, party: string, manner: object) =>
  fetch(`http://127.0.0.1:${port}/control`, { method: 'PUT', body: JSON.stringify({ party, manner }) });

thirdPartyContract('over HTTP', async (name) => {
  const fake = await startFake();
  await control(fake.port, name, { stepMs: 3_600_000 });
  return {
    adapter: new HttpParty(name, { url: `http://127.0.0.1:${fake.port}/` }),
    close: () => fake.stop(),
  };
});

describe('failures', () => {
  const { signal } = new AbortController();
  const DEMAND = { number: '1', shopId: 's', amount: '1', currency: 'KRW' };
  let fake: FakeServer;
  let payment: HttpParty<'payment'>;

  beforeAll(async () => {
    fake = await startFake();
    payment = new HttpParty('payment', { url: `http://127.0.0.1:${fake.port}` });
  });

  afterAll(() => fake.stop());

  test.each([
    ['connections that are cut', { down: true }],
    ['errors', { errors: 1 }],
    ['lost answers', { lost: 1 }],
  ])('%s leave it open, and the same key finds out', async (_, manner) => {
    const key = `open-${JSON.stringify(manner)}`;
    await control(fake.port, 'payment', manner);
    await expect(payment.request({ key, ...DEMAND }, signal)).rejects.toThrow(ThirdPartyUnavailableError);
    await control(fake.port, 'payment', { down: false, errors: 0, lost: 0, declined: 0, later: 0 });
    await expect(payment.request({ key, ...DEMAND }, signal)).resolves.toBe('captured');
  });

  test('a control that is none is refused, and changes nothing', async () => {
    const answer = await control(fake.port, 'payment', { lies: 2 });
    expect(answer.status).toBe(400);
    const now = await (await fetch(`http://127.0.0.1:${fake.port}/control`)).json();
    expect(now).toMatchObject({ payment: { lies: 0 } });
  });

  test.each([
    [400, '{}', ThirdPartyRefusedError],
    [422, '{}', ThirdPartyRefusedError],
    [429, '{}', ThirdPartyUnavailableError],
    [503, '{}', ThirdPartyUnavailableError],
    [200, 'not JSON', ThirdPartyUnavailableError],
    [200, '{"state":"mislaid"}', ThirdPartyUnavailableError],
  ])('an answer of %i with %s', async (status, body, error) => {
    const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const party = new HttpParty('shop', {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    await expect(party.ask('k', signal)).rejects.toThrow(error);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
});
