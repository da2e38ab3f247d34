import { connect, type Socket } from 'node:net';
import type { Cut } from './cut.ts';
import { errorOf, isLastOk, PacketReader, textOfQuery } from './packet-reader.ts';

/** Watches what passes, and says where to cut. */
export interface WireWatch {
  /** A text is about to be handed to the server. Where to cut, if at all; then {@link cutMade} is called. */
  text(text: string): Cut | undefined;
  cutMade(text: string, cut: Cut): void;
  /** The server has answered a text with an error. */
  refused(text: string, errno: number, message: string): void;
  /** Something that outlives the client's connection: it is waited for before rows are looked at. */
  outlives(work: Promise<void>): void;
}

/** One client's connection to a server, with the texts that go over it. */
export class ProxyConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #watch: WireWatch;
  readonly #fromClient = new PacketReader();
  readonly #fromServer = new PacketReader();
  /** The text that the server is at. */
  #text = '';
  /** The cut to make when the answer to it comes. */
  #awaiting: Extract<Cut, { when: 'after' }> | undefined;
  #over = false;

  constructor(client: Socket, host: string, port: number, watch: WireWatch) {
    this.#client = client;
    this.#server = connect(port, host);
    this.#watch = watch;
    client.setNoDelay().on('data', (chunk: Buffer) => this.#asked(chunk));
    this.#server.setNoDelay().on('data', (chunk: Buffer) => this.#answered(chunk));
    const end = () => {
      if (!this.#over) this.destroy();
    };
    for (const socket of [client, this.#server]) socket.on('error', end).on('close', end);
  }

  /** Cuts both sides at once. */
  destroy(): void {
    this.#over = true;
    this.#client.destroy();
    this.#server.destroy();
  }

  #asked(chunk: Buffer): void {
    for (const packet of this.#fromClient.push(chunk)) {
      if (this.#over) return;
      const text = textOfQuery(packet);
      if (text !== undefined) this.#text = text;
      const cut = text === undefined ? undefined : this.#watch.text(text);
      if (cut === undefined) this.#server.write(packet);
      else this.#cut(packet, cut);
    }
  }

  #answered(chunk: Buffer): void {
    const packets = this.#fromServer.push(chunk);
    if (this.#over) return;
    for (const packet of packets) {
      const error = errorOf(packet);
      if (error !== undefined) this.#watch.refused(this.#text, error.errno, error.message);
      const awaiting = this.#awaiting;
      if (awaiting === undefined) continue;
      if (error !== undefined) {
        // Nothing is committed: the next text will do.
        this.#awaiting = undefined;
      } else if (awaiting.how === 'first answer' || isLastOk(packet)) {
        this.destroy();
        this.#watch.cutMade(this.#text, awaiting);
        return;
      }
    }
    this.#client.write(chunk);
  }

  #cut(packet: Buffer, cut: Cut): void {
    if (cut.when === 'after' && (cut.how === 'first answer' || cut.how === 'last answer')) {
      this.#awaiting = cut;
      this.#server.write(packet);
      return;
    }
    this.#over = true;
    this.#client.destroy();
    switch (cut.when) {
      case 'before':
        this.#server.destroy();
        break;
      case 'during':
        this.#server.end(packet.subarray(0, Math.max(1, Math.floor(packet.length * cut.share))));
        break;
      case 'after':
        if (cut.how === 'torn') this.#server.write(packet, () => this.#server.destroy());
        else this.#server.end(packet);
        break;
      case 'late':
        setTimeout(() => this.#server.end(packet), cut.ms);
        break;
    }
    this.#watch.outlives(new Promise((resolve) => this.#server.once('close', () => resolve())));
    this.#watch.cutMade(this.#text, cut);
  }
}
