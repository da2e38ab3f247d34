import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PARTIES, type PartyName } from '../ports/third-party.ts';
import { readCallback } from './read-callback.ts';
import { SIGNATURE_HEADER } from './signature.ts';

/** Bytes of a callback at the most. */
const BODY_LIMIT = 16_384;

export interface CallbackOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** What third parties sign callbacks with. */
  readonly secret: string;
  /**
   * Is told that something may have changed. What a callback says is not believed: the third party is asked. False when
   * it cannot be looked at now.
   */
  readonly hint: (party: PartyName, key: string) => boolean;
}

/** Takes callbacks of third parties at `POST /callbacks/{party}`. */
export async function serveCallbacks({
  host,
  port,
  secret,
  hint,
}: CallbackOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number) => response.writeHead(status, { 'content-length': 0 }).end();
    const party = PARTIES.find((name) => request.url === `/callbacks/${name}`);
    if (party === undefined) return answer(404);
    if (request.method !== 'POST') return answer(405);
    readBody(request)
      .then((body) => {
        if (body === undefined) return answer(413);
        const told = readCallback(secret, body, request.headers[SIGNATURE_HEADER]);
        if ('refused' in told) return answer(told.refused);
        return answer(hint(party, told.key) ? 202 : 503);
      })
      // Whatever fails for one callback ends that one alone.
      .catch(() => request.destroy());
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
