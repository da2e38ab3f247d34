import type { ServerResponse } from 'node:http';

/** One event. Neither field may have a line break, which JSON text has not. */
export interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** How much may wait for a slow client before the stream is cut off; the client then comes back for what it missed. Bytes. */
const BACKLOG_LIMIT = 64 * 1024;
/** Shorter than proxies wait for data, so that none ends a stream on which nothing happens. */
const HEARTBEAT_MS = 15_000;
/** How soon a client should come back. */
const RETRY_MS = 1_000;

/** Server-sent events (the WHATWG HTML standard, section 9.2) on an answer. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #lifetime: NodeJS.Timeout;

  /** Begins the answer; it ends by itself after `lifetimeMs` milliseconds. */
  constructor(response: ServerResponse, lifetimeMs: number) {
    this.#response = response;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // For nginx, which would gather the answer first.
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), HEARTBEAT_MS).unref();
    this.#lifetime = setTimeout(() => this.end(), lifetimeMs).unref();
    response.once('close', () => this.end());
  }

  send({ id, event, data }: ServerSentEvent): void {
    this.#write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
  }

  end(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#lifetime);
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#response.writableEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > BACKLOG_LIMIT) this.#response.destroy();
  }
}
