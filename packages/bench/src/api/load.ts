import { connect, type Socket } from 'node:net';
import { isWhole } from '../measure/http-answer.ts';

/** Text of a request, whole, for a connection that is kept alive. */
export type RequestText = () => string;

/** Connections that each send one request after the other: what they cost the machine must not decide the comparison. */
export class Load {
  readonly #sockets: Socket[];
  readonly #expected: number;

  private constructor(sockets: Socket[], expected: number) {
    this.#sockets = sockets;
    this.#expected = expected;
  }

  /** Opens connections to a port of this machine; every answer must have the status `expected`. */
  static async open(port: number, connections: number, expected: number): Promise<Load> {
    const sockets = await Promise.all(
      Array.from(
        { length: connections },
        () =>
          new Promise<Socket>((resolve, reject) => {
            const socket = connect(port, '127.0.0.1').setNoDelay();
            socket.once('connect', () => resolve(socket)).once('error', reject);
          }),
      ),
    );
    return new Load(sockets, expected);
  }

  /** Sends requests on every connection for some milliseconds; returns the answers per second. */
  async round(ms: number, request: RequestText): Promise<number> {
    const start = performance.now();
    const counts = await Promise.all(this.#sockets.map((socket) => this.#drive(socket, start + ms, request)));
    return (counts.reduce((a, b) => a + b, 0) / (performance.now() - start)) * 1_000;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #drive(socket: Socket, end: number, request: RequestText): Promise<number> {
    return new Promise((resolve, reject) => {
      let answers = 0;
      let pending = '';
      const finish = (error?: Error) => {
        socket.removeAllListeners('data').removeAllListeners('close');
        if (error === undefined) resolve(answers);
        else reject(error);
      };
      socket.on('data', (chunk: Buffer) => {
        pending = pending === '' ? chunk.toString('latin1') : pending + chunk.toString('latin1');
        if (!isWhole(pending)) return;
        if (!pending.startsWith(`HTTP/1.1 ${this.#expected}`)) {
          finish(new Error(`an answer other than ${this.#expected}: ${pending.slice(0, 400)}`));
          return;
        }
        pending = '';
        answers += 1;
        if (performance.now() < end) socket.write(request());
        else finish();
      });
      socket.once('close', () => finish(new Error('the server closed a connection')));
      socket.write(request());
    });
  }
}
