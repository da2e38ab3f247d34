import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { serveApi } from './server.ts';

test('more connections than there may be are closed, and those that are there are served', async () => {
  const server = await serveApi((_request, response) => response.end('here'), {
    host: '127.0.0.1',
    port: 0,
    connections: 2,
  });
  const open = () => connect(server.port, '127.0.0.1').on('error', () => undefined);
  const first = [open(), open()];
  try {
    await Promise.all(first.map((socket) => once(socket, 'connect')));
    await once(open(), 'close');
    for (const socket of first) {
      socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
      expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 200 OK/);
    }
    first[0]!.destroy();
    // It is noticed a little later that there is room again.
    let answer: string | undefined;
    while (answer === undefined) {
      const socket = open();
      socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
      const came = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [])]);
      if (came.length > 0) answer = String(came[0]);
      socket.destroy();
    }
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  } finally {
    for (const socket of first) socket.destroy();
    await server.stop();
  }
});
