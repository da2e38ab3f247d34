import { sign, SIGNATURE_HEADER } from '../callbacks/signature.ts';
import type { Callback } from './fake-party.ts';

/** How long a callback may take, and how often it is tried. */
const LIMIT_MS = 2_000;
const TRIES = 3;

/** Sends callbacks, and tries each a few times. A receiver that misses one has to ask. */
export class CallbackSender {
  readonly #secret: string;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(secret: string) {
    this.#secret = secret;
  }

  send(callback: Callback): void {
    const sending = this.#send(callback).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay);
  }

  async #send({ url, ...message }: Callback): Promise<void> {
    const body = JSON.stringify(message);
    for (let tries = 0; tries < TRIES && !this.#stopping.signal.aborted; tries += 1) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(this.#secret, body) },
          body,
          signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(LIMIT_MS)]),
        });
        await response.arrayBuffer();
        if (response.status < 500) return;
      } catch {
        // Not reached: it is tried again.
      }
    }
  }
}
