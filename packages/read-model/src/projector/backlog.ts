import type { SourceMessage } from './message.ts';

/** Messages, and the bytes that they take. */
export interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What a source has handed over and what is not done, whichever of its sessions has read it: a session that ends leaves
 * behind what its successor reads once more, and while a server is away neither is done.
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

/** What a message takes beside its bytes: the objects around it, and those of each header. */
const MESSAGE_OVERHEAD = 512;
const HEADER_OVERHEAD = 64;

/** How much messages take. */
export function amountOf(messages: readonly SourceMessage[]): Amount {
  let bytes = 0;
  for (const { key, value, headers } of messages) {
    bytes += MESSAGE_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, text] of headers) bytes += HEADER_OVERHEAD + (name?.length ?? 0) + (text?.length ?? 0);
  }
  return { messages: messages.length, bytes };
}
