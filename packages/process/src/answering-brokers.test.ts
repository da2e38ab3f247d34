import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answeringBrokersFirst } from './answering-brokers.ts';

const servers: Server[] = [];

/** A server on a port of its own; `respond` is given each request. */
async function listen(respond: (request: Buffer) => Buffer | undefined): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request: Buffer) => {
      const response = respond(request);
      if (response !== undefined) socket.write(response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

let well: string;
let hung: string;
let gone: string;

beforeAll(async () => {
  // The correlation id of the request is given back.
  well = await listen((request) => Buffer.concat([Buffer.from([0, 0, 0, 4]), request.subarray(8, 12)]));
  hung = await listen(() => undefined);
  gone = await listen(() => undefined);
  await new Promise((resolve) => servers.at(-1)!.close(resolve));
});

afterAll(() => {
  for (const server of servers) server.close();
});

test('the broker that answers comes first, the others keep their order', async () => {
  expect(await answeringBrokersFirst([hung, gone, well])).toEqual([well, hung, gone]);
  expect(await answeringBrokersFirst([well, hung])).toEqual([well, hung]);
});

test('a list of which none answers stays as it is', async () => {
  expect(await answeringBrokersFirst([hung, gone])).toEqual([hung, gone]);
  expect(await answeringBrokersFirst([gone, 'no-such-host.invalid:1'])).toEqual([
    gone,
    'no-such-host.invalid:1',
  ]);
});

test('one alone is not asked', async () => {
  expect(await answeringBrokersFirst([hung])).toEqual([hung]);
});
