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
  /** The secret with which third parties sign callbacks. */
  readonly secret: string;
  /**
   * Called when something may have changed. The worker does not believe what a callback says: it asks the third party.
   * Returns false when the worker cannot look now.
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
      // A failure of one callback ends that callback alone.
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
