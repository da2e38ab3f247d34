import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answer, AskMessage, Request, WriterMessage } from './messages.ts';

const SCRIPT = join(import.meta.dirname, 'writer-process.ts');

/** The writing process ended before it answered. What was asked may have been carried out. */
export class WriterGoneError extends Error {
  override readonly name = 'WriterGoneError';
  readonly code = 'FAULTS_WRITER_GONE';
}

export interface WriterOptions {
  readonly clusterId: string;
  /** URLs of the shards, position = shard id. */
  readonly urls: readonly string[];
  /** The file of its router. */
  readonly router: string;
  /** Variables of the process besides its own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A process that writes. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asks: { readonly id: number; readonly request: Request }[] = [];
  #nextId = 0;
  #said = '';
  #gone = false;

  private constructor({ clusterId, urls, router, env = {} }: WriterOptions) {
    this.#child = spawn(process.execPath, ['--conditions=source', '--no-warnings', SCRIPT], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        ...env,
        FAULTS_CLUSTER: clusterId,
        FAULTS_URLS: urls.join(','),
        FAULTS_ROUTER: router,
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    this.#child.on('message', (message: WriterMessage) => this.#told(message));
    this.#child.once('exit', () => {
      this.#gone = true;
      for (const { reject } of this.#waiting.values()) reject(new WriterGoneError(this.#said));
      this.#waiting.clear();
    });
  }

  /** Starts one, and resolves when it is ready to write. @throws WriterGoneError with what it said, if it ends first */
  static async start(options: WriterOptions): Promise<Writer> {
    const writer = new Writer(options);
    await Promise.race([once(writer.#child, 'message'), once(writer.#child, 'exit')]);
    if (writer.#gone) throw new WriterGoneError(`the writer did not start: ${writer.#said}`);
    return writer;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Requests that have no answer yet. */
  get outstanding(): number {
    return this.#waiting.size;
  }

  /** What it said on stderr, the end of it. */
  get said(): string {
    return this.#said;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Sends a request; the requests of one turn of the event loop get there together. @throws WriterGoneError */
  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#gone) {
        reject(new WriterGoneError(this.#said));
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#waiting.set(id, { resolve, reject });
      if (this.#asks.push({ id, request }) === 1) setImmediate(() => this.#send());
    });
  }

  /** Ends it without a chance to tidy up, and resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#gone) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  #send(): void {
    const message: AskMessage = { asks: this.#asks };
    this.#asks = [];
    // Should the process be gone, its exit says so to those who wait.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #told(message: WriterMessage): void {
    if ('ready' in message) return;
    this.#waiting.get(message.id)?.resolve(message.answer);
    this.#waiting.delete(message.id);
  }
}
