import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { ConnectUnavailableError } from './errors.ts';
import { ConnectWorker } from './worker.ts';

/** Asks a worker that gives some answers in turn for a connector's configuration. */
async function asked(...answers: readonly (readonly [status: number, body: object])[]): Promise<unknown> {
  const left = [...answers];
  const server = createServer((_request, response) => {
    const [status, body] = left.shift()!;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await new ConnectWorker(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).config('c');
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('a worker that is about to share out connectors is asked again, whatever status it says so with', async () => {
  const config = await asked(
    [500, { message: 'Request cannot be completed because a rebalance is expected' }],
    [409, { message: 'Cannot complete request momentarily due to stale configuration' }],
    [200, { name: 'c', topic: 't' }],
  );
  expect(config).toEqual({ topic: 't' });
});

test('a worker that fails for another reason is not', async () => {
  await expect(asked([500, { message: 'disk full' }])).rejects.toThrow(ConnectUnavailableError);
});
