import { connect, type Socket } from 'node:net';
import type { Cut } from '../../wire/cut.ts';
import { FrameReader } from './frame-reader.ts';
import { correlationOf, headOf, namesBrokers, produces, type RequestHead, withPort } from './frames.ts';

/** Watches what passes, and says where to cut. */
export interface KafkaWatch {
  /** A produce request is about to be handed to the broker. Where to cut, if at all. */
  produce(): Cut | undefined;
  answered(): void;
  /** A produce request was cut off as was asked. */
  cutMade(cut: Cut, evidence: string): void;
  /** A produce request could not be cut off as was asked: the broker did not answer it. */
  cutFailed(cut: Cut): void;
  /** Something that outlives the client's connection: it is waited for before the topic is looked at. */
  outlives(work: Promise<void>): void;
}

export interface KafkaAddress {
  readonly host: string;
  readonly port: number;
}

/** One client's connection to a broker, with the produce requests that go over it. */
export class KafkaConnection {
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #address: KafkaAddress;
  readonly #own: number;
  readonly #watch: KafkaWatch;
  readonly #requests = new FrameReader();
  readonly #answers = new FrameReader();
  readonly #waiting = new Map<number, RequestHead>();
  /** The request that is cut off when its answer comes. */
  #awaiting: { readonly correlation: number; readonly cut: Cut } | undefined;
  /** The client is gone, and nothing more goes to it. */
  #over = false;

  /** @param own the proxy's port, which the client takes for the broker's */
  constructor(client: Socket, address: KafkaAddress, own: number, watch: KafkaWatch) {
    this.#client = client;
    this.#broker = connect(address.port, address.host);
    this.#address = address;
    this.#own = own;
    this.#watch = watch;
    client.setNoDelay().on('data', (chunk: Buffer) => this.#asked(chunk));
    this.#broker.setNoDelay().on('data', (chunk: Buffer) => this.#answered(chunk));
    const end = () => {
      if (!this.#over) this.destroy();
    };
    client.on('error', end).on('close', end);
    this.#broker.on('error', end).on('close', () => {
      end();
      const awaiting = this.#awaiting;
      this.#awaiting = undefined;
      if (awaiting !== undefined) this.#watch.cutFailed(awaiting.cut);
    });
  }

  /** Produce requests that the broker has not answered. */
  get outstanding(): number {
    return this.#over ? 0 : [...this.#waiting.values()].filter(produces).length;
  }

  /** Cuts both sides at once. */
  destroy(): void {
    this.#over = true;
    this.#client.destroy();
    this.#broker.destroy();
  }

  #asked(chunk: Buffer): void {
    for (const frame of this.#requests.push(chunk)) {
      if (this.#over) return;
      const head = headOf(frame);
      this.#waiting.set(head.correlation, head);
      const cut = produces(head) ? this.#watch.produce() : undefined;
      if (cut === undefined) this.#broker.write(frame);
      else this.#cut(frame, head.correlation, cut);
    }
  }

  #answered(chunk: Buffer): void {
    for (const frame of this.#answers.push(chunk)) {
      const correlation = correlationOf(frame);
      const head = this.#waiting.get(correlation);
      this.#waiting.delete(correlation);
      const awaiting = this.#awaiting;
      if (awaiting?.correlation === correlation) {
        this.#awaiting = undefined;
        this.destroy();
        this.#watch.cutMade(awaiting.cut, `the broker's answer of ${frame.length} bytes is kept back`);
        return;
      }
      if (this.#over) continue;
      if (head !== undefined && produces(head)) this.#watch.answered();
      const { host, port } = this.#address;
      const told = head !== undefined && namesBrokers(head) ? withPort(frame, host, port, this.#own) : frame;
      this.#client.write(told);
    }
  }

  #cut(frame: Buffer, correlation: number, cut: Cut): void {
    const broker = this.#broker;
    this.#watch.outlives(new Promise((resolve) => broker.once('close', () => resolve())));
    if (cut.when === 'after' && cut.how === 'last answer') {
      this.#awaiting = { correlation, cut };
      broker.write(frame);
      return;
    }
    this.#over = true;
    this.#client.destroy();
    const all = `a request of ${frame.length} bytes`;
    switch (cut.when) {
      case 'before':
        broker.destroy();
        this.#watch.cutMade(cut, `${all}, none of it passed on`);
        break;
      case 'during': {
        const part = Math.max(1, Math.floor(frame.length * cut.share));
        broker.end(frame.subarray(0, part));
        this.#watch.cutMade(cut, `${all}, ${part} passed on`);
        break;
      }
      case 'after':
        broker.end(frame);
        this.#watch.cutMade(cut, `${all}, passed on with the end of the connection`);
        break;
      case 'late':
        this.#awaiting = { correlation, cut };
        setTimeout(() => broker.write(frame), cut.ms);
        break;
    }
  }
}
