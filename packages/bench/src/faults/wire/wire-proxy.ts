import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Cut, CutMade } from './cut.ts';
import { ProxyConnection } from './proxy-connection.ts';

/** A way to a MySQL server that knows the texts that go over it, and cuts connections at them. */
export class WireProxy {
  /** The server's URL by way of the proxy. */
  readonly url: string;
  readonly #server: Server;
  readonly #connections = new Set<ProxyConnection>();
  readonly #outliving = new Set<Promise<void>>();
  readonly #refusals = new Map<number, number>();
  readonly #listeners = new Set<(text: string) => unknown>();
  #wanted: { readonly cut: Cut; readonly fits: (text: string) => boolean } | undefined;
  #made: ((made: CutMade) => void) | undefined;
  #shut = false;

  private constructor(url: string, server: Server) {
    const through = new URL(url);
    const { hostname, port } = through;
    this.#server = server;
    server.on('connection', (client) => {
      if (this.#shut) {
        client.destroy();
        return;
      }
      const connection = new ProxyConnection(client, hostname, Number(port), {
        text: (text) => this.#text(text),
        cutMade: (text, cut) => this.#cutMade(text, cut),
        refused: (_, errno) => this.#refusals.set(errno, this.refusals(errno) + 1),
        outlives: (work) => {
          this.#outliving.add(work);
          void work.then(() => this.#outliving.delete(work));
        },
      });
      this.#connections.add(connection);
      client.once('close', () => this.#connections.delete(connection));
    });
    through.hostname = '127.0.0.1';
    through.port = String((server.address() as AddressInfo).port);
    this.url = through.href;
  }

  /** Listens on a free port, for the server of a URL. */
  static async to(url: string): Promise<WireProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WireProxy(url, server);
  }

  /** How often the server has answered with an error of this number. */
  refusals(errno: number): number {
    return this.#refusals.get(errno) ?? 0;
  }

  /** Cuts the connection over which the next text goes that `fits` accepts, and calls `made` when that is done. */
  cutNext(fits: (text: string) => boolean, cut: Cut, made: (made: CutMade) => void): void {
    this.#wanted = { cut, fits };
    this.#made = made;
  }

  /** Calls `listener` with each text, until the returned function is called. */
  onText(listener: (text: string) => unknown): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the server has dealt with every text whose client was cut off. */
  async settled(): Promise<void> {
    while (this.#outliving.size > 0) await Promise.all(this.#outliving);
  }

  /** Cuts every connection and takes no new one, until {@link open}. */
  shut(): void {
    this.#shut = true;
    for (const connection of this.#connections) connection.destroy();
  }

  open(): void {
    this.#shut = false;
  }

  async close(): Promise<void> {
    this.shut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #text(text: string): Cut | undefined {
    for (const listener of this.#listeners) listener(text);
    if (this.#wanted?.fits(text) !== true) return undefined;
    const { cut } = this.#wanted;
    // A cut that waits for the answer may find that there is nothing to lose. Then it takes the next text.
    if (cut.when !== 'after') this.#wanted = undefined;
    return cut;
  }

  #cutMade(text: string, cut: Cut): void {
    this.#wanted = undefined;
    this.#made?.({ text, cut });
    this.#made = undefined;
  }
}
