import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type ClockEnv, removeClockLeftOvers } from '@ordershard/stack';
import { ownEnvironment, type Store } from '../../move/store.ts';
import type { Ask, AskMessage, ProcessMessage, Told } from './messages.ts';

const SCRIPT = join(import.meta.dirname, 'order-process.ts');

/** How often processes look for a newer map unless they are kept from it. */
const MAP_POLL_MS = 1_000;

export interface OrderClientOptions {
  readonly name: string;
  /** The clock that it lives by; the store's own unless given. */
  readonly clock?: ClockEnv;
  /** How often it looks for a newer map by itself, milliseconds. */
  readonly mapPollMs?: number;
  /** The shards file that it reads; the store's unless given. */
  readonly shardsFile?: string;
}

/** A process of the order store, and what it is asked for. */
export class OrderClient {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #waiting = new Map<number, PromiseWithResolvers<Told>>();
  readonly #exit: Promise<unknown>;
  #nextId = 0;
  #said = '';
  #gone = false;

  private constructor(
    store: Store,
    { name, clock, mapPollMs = MAP_POLL_MS, shardsFile }: OrderClientOptions,
  ) {
    this.name = name;
    this.#env = {
      ...ownEnvironment(),
      ...store.env,
      ...clock,
      ...(shardsFile === undefined ? {} : { ORDERSHARD_SHARDS_FILE: shardsFile }),
      FAULTS_MAP_POLL_MS: String(mapPollMs),
    };
    this.#child = spawn(process.execPath, ['--conditions=source', '--no-warnings', SCRIPT], {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    this.#child.on('message', (message: ProcessMessage) => this.#told(message));
    this.#exit = once(this.#child, 'exit').then(() => this.#ended());
  }

  /** Starts one, and resolves when it is ready. Throws with what it said when it ends first. */
  static async start(store: Store, options: OrderClientOptions): Promise<OrderClient> {
    const client = new OrderClient(store, options);
    await Promise.race([once(client.#child, 'message'), client.#exit]);
    if (client.#gone) throw new Error(`${client.name} did not start: ${client.#said}`);
    return client;
  }

  ask(ask: Ask): Promise<Told> {
    const waiting = Promise.withResolvers<Told>();
    if (this.#gone) waiting.reject(this.#end());
    else {
      const id = this.#nextId;
      this.#nextId += 1;
      this.#waiting.set(id, waiting);
      this.#child.send({ id, ask } satisfies AskMessage, () => undefined);
    }
    return waiting.promise;
  }

  /** Ends it without a chance to tidy up. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  #end(): Error {
    return new Error(`${this.name} is gone: ${this.#said}`);
  }

  #ended(): void {
    this.#gone = true;
    removeClockLeftOvers(this.#child.pid ?? 0, this.#env);
    for (const { reject } of this.#waiting.values()) reject(this.#end());
    this.#waiting.clear();
  }

  #told(message: ProcessMessage): void {
    if ('ready' in message) return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('told' in message) waiting?.resolve(message.told);
    else waiting?.reject(new Error(`${this.name}: ${message.failed}`));
  }
}
