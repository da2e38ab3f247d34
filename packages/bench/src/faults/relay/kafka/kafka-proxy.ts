import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Cut } from '../../wire/cut.ts';
import { type KafkaAddress, KafkaConnection } from './kafka-connection.ts';

/**
 * A way to a broker that knows the produce requests that go over it, and cuts connections at them. Clients stay with it:
 * where the broker names its own address, they read that of the proxy.
 */
export class KafkaProxy {
  /** Produce requests that were answered. */
  answered = 0;
  readonly #server: Server;
  readonly #connections = new Set<KafkaConnection>();
  readonly #outliving = new Set<Promise<void>>();
  readonly #listeners = new Set<() => void>();
  #wanted: Cut | undefined;
  #made: ((evidence: string) => void) | undefined;
  #shut = false;

  private constructor(address: KafkaAddress, server: Server) {
    this.#server = server;
    server.on('connection', (client) => {
      if (this.#shut) {
        client.destroy();
        return;
      }
      const connection = new KafkaConnection(client, address, this.#port, {
        produce: () => this.#produce(),
        answered: () => (this.answered += 1),
        cutMade: (cut, evidence) => this.#cutMade(cut, evidence),
        cutFailed: (cut) => (this.#wanted = this.#made === undefined ? undefined : cut),
        outlives: (work) => {
          this.#outliving.add(work);
          void work.then(() => this.#outliving.delete(work));
        },
      });
      this.#connections.add(connection);
      client.once('close', () => this.#connections.delete(connection));
    });
  }

  /** Listens on a free port, for the broker at `host:port`, by which the broker also names itself. */
  static async to(broker: string): Promise<KafkaProxy> {
    const { hostname: host, port } = new URL(`kafka://${broker}`);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new KafkaProxy({ host, port: Number(port) }, server);
  }

  /** The broker's address by way of the proxy. */
  get broker(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Produce requests that the broker has not answered. */
  get outstanding(): number {
    return [...this.#connections].reduce((sum, { outstanding }) => sum + outstanding, 0);
  }

  /** Cuts the connection over which the next produce request goes, and then calls `made` with what has been done. */
  cutNext(cut: Cut, made: (evidence: string) => void): void {
    this.#wanted = cut;
    this.#made = made;
  }

  /** Calls `listener` before each produce request goes on, until the returned function is called. */
  onProduce(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cuts every connection and takes no new one, until {@link open}. */
  shut(): void {
    this.#shut = true;
    for (const connection of this.#connections) connection.destroy();
  }

  open(): void {
    this.#shut = false;
  }

  /** Resolves when the broker is done with every request whose client was cut off. */
  async settled(): Promise<void> {
    while (this.#outliving.size > 0) await Promise.all(this.#outliving);
  }

  async close(): Promise<void> {
    this.#made = undefined;
    this.shut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #produce(): Cut | undefined {
    for (const listener of this.#listeners) listener();
    const cut = this.#wanted;
    this.#wanted = undefined;
    return cut;
  }

  #cutMade(cut: Cut, evidence: string): void {
    this.#made?.(`${JSON.stringify(cut)}: ${evidence}`);
    this.#made = undefined;
  }
}
