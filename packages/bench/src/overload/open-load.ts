import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isWhole } from '../measure/http-answer.ts';

/** What became of the requests of a while. Latencies from when a request was due, milliseconds. */
export interface Outcome {
  readonly seconds: number;
  /** Requests that were due. */
  readonly offered: number;
  /** Requests with no connection to send them on: as many waited as the load has connections. */
  readonly unsent: number;
  readonly taken: number;
  /** Answered 429 or 503. */
  readonly refused: number;
  /** Answered otherwise, or not at all. */
  readonly failed: number;
  /** Of the requests that were taken, measured from when each was due. */
  readonly latencies: readonly number[];
}

export interface OpenLoadOptions {
  readonly port: number;
  readonly request: () => string;
  /** Connections, as many callers as can wait at once. */
  readonly connections: number;
}

interface Connection {
  readonly socket: Socket;
  pending: string;
  dueAt: number;
}

const TICK_MS = 2;

/** Connections that are opened at once: a server has a short queue for those who knock. */
const OPENED_AT_ONCE = 100;

/**
 * Requests that come at a rate, whether earlier ones have been answered or not. Each goes over a connection on which no other
 * request waits. A caller who finds no such connection goes away.
 */
export class OpenLoad {
  readonly #options: OpenLoadOptions;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  #now = tally();
  /** Orders that were acknowledged, since it was opened. */
  acknowledged = 0;

  private constructor(options: OpenLoadOptions) {
    this.#options = options;
  }

  static async open(options: OpenLoadOptions): Promise<OpenLoad> {
    const load = new OpenLoad(options);
    for (let left = options.connections; left > 0; left -= OPENED_AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(left, OPENED_AT_ONCE) }, () => load.#connect()));
    return load;
  }

  /** Offers `perSecond` requests a second for a while. Returns what became of all that were answered in that time. */
  offer(perSecond: number, ms: number): Promise<Outcome> {
    const counted = tally();
    this.#now = counted;
    const from = performance.now();
    let made = 0;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const passed = performance.now() - from;
        const due = Math.floor((Math.min(passed, ms) / 1_000) * perSecond);
        for (; made < due; made += 1) this.#send(from + ((made + 1) / perSecond) * 1_000);
        if (passed < ms) return;
        clearInterval(timer);
        this.#now = tally();
        resolve({ ...counted, seconds: passed / 1_000, offered: made });
      }, TICK_MS);
    });
  }

  /** Resolves when no request waits for an answer any more. */
  async drained(): Promise<void> {
    while (this.#idle.length < this.#all.size) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }

  #send(dueAt: number): void {
    const connection = this.#idle.pop();
    if (connection === undefined) {
      this.#now.unsent += 1;
      return;
    }
    connection.dueAt = dueAt;
    connection.socket.write(this.#options.request());
  }

  async #connect(): Promise<void> {
    const socket = connect(this.#options.port, '127.0.0.1').setNoDelay();
    await once(socket, 'connect');
    const connection: Connection = { socket, pending: '', dueAt: 0 };
    this.#all.add(connection);
    this.#idle.push(connection);
    socket
      .on('data', (chunk) => this.#read(connection, chunk.toString('latin1')))
      .on('error', () => undefined)
      .on('close', () => {
        this.#all.delete(connection);
        const at = this.#idle.indexOf(connection);
        if (at >= 0) this.#idle.splice(at, 1);
        else this.#now.failed += 1;
      });
  }

  #read(connection: Connection, text: string): void {
    connection.pending = connection.pending === '' ? text : connection.pending + text;
    if (!isWhole(connection.pending)) return;
    const status = connection.pending.slice(9, 12);
    connection.pending = '';
    this.#idle.push(connection);
    const counted = this.#now;
    if (status === '201') {
      counted.taken += 1;
      this.acknowledged += 1;
      counted.latencies.push(performance.now() - connection.dueAt);
    } else if (status === '503' || status === '429') counted.refused += 1;
    else counted.failed += 1;
  }
}

function tally() {
  return { unsent: 0, taken: 0, refused: 0, failed: 0, latencies: [] as number[] };
}
