import type { Message, MessagesStream } from '@platformatic/kafka';

type Bytes = Buffer | undefined;
export type RawMessage = Message<Bytes, Bytes>;
export type RawStream = MessagesStream<Bytes, Bytes, Buffer, Buffer>;

/** Takes from a client's stream what has arrived, many messages at a time. */
export class StreamReader {
  readonly #stream: RawStream;
  #over: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: RawStream) {
    this.#stream = stream;
    const wake = () => this.#wake?.();
    stream.on('readable', wake);
    stream.on('error', (error: Error) => this.fail(error));
    stream.on('close', () => this.fail(new Error('the stream of messages has ended')));
  }

  /** Makes the next take throw, and wakes one that waits. */
  fail(error: Error): void {
    this.#over ??= error;
    this.#wake?.();
  }

  /** Waits for messages, and gives up to `limit` of them. None when `signal` aborts. Throws when the stream has failed. */
  async take(limit: number, signal: AbortSignal): Promise<RawMessage[]> {
    const messages: RawMessage[] = [];
    while (!signal.aborted) {
      if (this.#over !== undefined) throw this.#over;
      for (let message; messages.length < limit && (message = this.#stream.read() as RawMessage | null);) {
        messages.push(message);
      }
      if (messages.length > 0) break;
      await this.#readable(signal);
    }
    return messages;
  }

  async #readable(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done);
    });
  }
}
