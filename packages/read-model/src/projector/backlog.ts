import type { SourceMessage } from './message.ts';

/** Messages, and the bytes that they take. */
export interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * Counts the messages that a source has handed over and that are not done, over all of its sessions. A session that ends
 * leaves messages behind, which the next session reads once more. While a server is away, neither the old nor the new ones
 * are done.
 */
export class Backlog {
  #messages = 0;
  #bytes = 0;
  /** Called when something is done. */
  freed: () => void = () => undefined;

  get held(): Amount {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  add({ messages, bytes }: Amount): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  remove({ messages, bytes }: Amount): void {
    this.#messages -= messages;
    this.#bytes -= bytes;
    this.freed();
  }
}

/** Bytes that a message takes besides its content: the objects around it, and those around each header. */
const MESSAGE_OVERHEAD = 512;
const HEADER_OVERHEAD = 64;

/** Returns how many messages there are, and how many bytes they take. */
export function amountOf(messages: readonly SourceMessage[]): Amount {
  let bytes = 0;
  for (const { key, value, headers } of messages) {
    bytes += MESSAGE_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, text] of headers) bytes += HEADER_OVERHEAD + (name?.length ?? 0) + (text?.length ?? 0);
  }
  return { messages: messages.length, bytes };
}
