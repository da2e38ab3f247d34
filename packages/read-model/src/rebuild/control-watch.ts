import type { Logger } from '@ordershard/process';
import { ViewsUnavailableError } from '../errors.ts';
import type { Control, ControlStore } from './control.ts';
import type { Instances } from './instances.ts';

const POLL_MS = 500;

/** How often the projector acknowledges again when nothing has changed, to show that it is there. Milliseconds. */
const HEARTBEAT_MS = 5_000;

/**
 * Reads which collections a projector writes to. It reads that before each batch, and acknowledges an epoch once no batch
 * under way goes by an older one.
 */
export class ControlWatch {
  readonly #store: Pick<ControlStore, 'read'>;
  readonly #instances: Pick<Instances, 'acknowledge' | 'leave'>;
  readonly #id: string;
  readonly #log: Logger;
  /** One entry for each batch under way: the epoch that the batch goes by, 0 until it is known. */
  readonly #inUse = new Set<{ epoch: number }>();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #said: { readonly epoch: number; readonly at: number } | undefined;

  constructor(
    store: Pick<ControlStore, 'read'>,
    instances: Pick<Instances, 'acknowledge' | 'leave'>,
    id: string,
    log: Logger,
  ) {
    this.#store = store;
    this.#instances = instances;
    this.#id = id;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#polling = this.#polling.then(() => this.poll());
    }, POLL_MS);
  }

  /** Calls `fn` with the collections to write to, in their order. Throws {@link ViewsUnavailableError}, and what `fn` throws. */
  async withTargets<T>(fn: (collections: readonly string[]) => Promise<T>): Promise<T> {
    const use = { epoch: 0 };
    this.#inUse.add(use);
    try {
      const control = await this.#read();
      use.epoch = control.epoch;
      return await fn(control.targets);
    } finally {
      this.#inUse.delete(use);
    }
  }

  /** Looks and acknowledges once. Never throws. */
  async poll(): Promise<void> {
    try {
      const { epoch } = await this.#store.read();
      // A batch that looks from now on sees this epoch or a newer one; those under way may go by an older one.
      const least = Math.min(epoch, ...[...this.#inUse].map((use) => use.epoch));
      const now = performance.now();
      if (this.#said?.epoch === least && now - this.#said.at < HEARTBEAT_MS) return;
      await this.#instances.acknowledge(this.#id, 'projector', least);
      this.#said = { epoch: least, at: now };
    } catch (error) {
      this.#log.debug({ reason: (error as Error).message }, 'the epoch was not acknowledged');
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
    await this.#instances.leave(this.#id).catch(() => undefined);
  }

  async #read(): Promise<Control> {
    try {
      return await this.#store.read();
    } catch (cause) {
      throw new ViewsUnavailableError('it cannot be read where to project to', { cause });
    }
  }
}
