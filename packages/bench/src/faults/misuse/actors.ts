import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Findings } from '../findings.ts';
import { plantedEnv } from '../planted/planted-env.ts';
import type { ActorsMessage, ActorsTask, Draw } from './messages.ts';

const SCRIPT = join(import.meta.dirname, 'actors-process.ts');
const BUGS = pathToFileURL(join(import.meta.dirname, 'planted', 'bugs.ts')).href;

export interface ActorsOptions {
  /** URLs of the shards, position = shard id. */
  readonly urls: readonly string[];
  readonly seed: number;
  readonly findings: Findings;
  /** The bug that their router has. */
  readonly planted?: string | undefined;
}

type Answer = Extract<ActorsMessage, { readonly results: unknown }>;
type Ask = Omit<Extract<ActorsTask, { task: 'uses' }>, 'id'> | { readonly task: 'rest' | 'check' };

/** The process in which honest callers and those who use the router wrongly share a router. */
export class Actors {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (error: Error) => void }
  >();
  #nextId = 0;
  #said = '';

  private constructor({ urls, seed, planted, findings }: ActorsOptions) {
    this.#child = spawn(process.execPath, ['--conditions=source', '--no-warnings', SCRIPT], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        FAULTS_URLS: urls.join(','),
        FAULTS_SEED: String(seed),
        ...plantedEnv(BUGS, planted),
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    this.#child.on('message', (message: ActorsMessage) => {
      if ('ready' in message) return;
      if ('finding' in message) {
        const { kind, subject, detail } = message.finding;
        findings.add(kind, subject, detail);
        return;
      }
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ('error' in message) waiting?.reject(new Error(message.error));
      else waiting?.resolve(message);
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(this.#gone());
      this.#waiting.clear();
    });
  }

  static async start(options: ActorsOptions): Promise<Actors> {
    const actors = new Actors(options);
    await Promise.race([once(actors.#child, 'message'), once(actors.#child, 'exit')]);
    if (actors.#child.exitCode !== null) throw actors.#gone();
    return actors;
  }

  /** Does wrong uses at the same time. Resolves when honest callers have had `calls` answers meanwhile. */
  do(draws: readonly Draw[], calls: number): Promise<Answer> {
    return this.#ask({ task: 'uses', draws, calls });
  }

  /** Ends the honest callers when each has its answer. */
  rest(): Promise<Answer> {
    return this.#ask({ task: 'rest' });
  }

  /** Compares every row with what was acknowledged. Nothing may be under way. */
  check(): Promise<Answer> {
    return this.#ask({ task: 'check' });
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  #ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) {
        reject(this.#gone());
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...ask } satisfies ActorsTask, () => undefined);
    });
  }

  #gone(): Error {
    return new Error(`the process of the actors ended by itself: ${this.#said}`);
  }
}
