import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ProcessError } from './errors.ts';
import type { FromKeeper, ProcessLaunch, ToKeeper } from './keeper-protocol.ts';

/** A process that the keeper started. */
export interface KeptProcess {
  readonly pid: number;
  /** Resolves with how it ended: a signal, or `status N`. */
  readonly ended: Promise<string>;
}

/** The demo's end of the channel to its keeper (see keeper-main.ts). */
export class Keeper {
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (answer: FromKeeper) => void>();
  readonly #exits = new Map<number, (how: string) => void>();
  #requests = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: FromKeeper) => this.#receive(message));
    child.once('exit', () => {
      for (const exit of this.#exits.values()) exit('its keeper ended');
      for (const answer of this.#answers.values())
        answer({ type: 'refused', request: 0, reason: 'the keeper ended' });
    });
  }

  static async start(): Promise<Keeper> {
    const script = fileURLToPath(new URL('./keeper-main.ts', import.meta.url));
    const child = fork(script, [], {
      detached: true,
      execArgv: ['--no-warnings'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'spawn');
    return new Keeper(child);
  }

  /** Starts a process. Throws {@link ProcessError} when that is not possible. */
  async spawn(launch: ProcessLaunch): Promise<KeptProcess> {
    this.#requests += 1;
    const request = this.#requests;
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const answer = await new Promise<FromKeeper>((answered) => {
      this.#answers.set(request, (message) => {
        // Set at once, because the process may end before anybody waits for its end.
        if (message.type === 'spawned') this.#exits.set(message.pid, resolve);
        answered(message);
      });
      this.#send({ type: 'spawn', request, launch });
    });
    if (answer.type !== 'spawned') {
      throw new ProcessError(`${launch.file}: ${answer.type === 'refused' ? answer.reason : 'not started'}`);
    }
    return { pid: answer.pid, ended };
  }

  /** Ends the keeper and lets its processes live on. */
  async release(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#send({ type: 'release' });
    await exit;
  }

  /** Ends the keeper, and kills at once all processes that it still keeps. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await exit;
  }

  #send(message: ToKeeper): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromKeeper): void {
    if (message.type === 'exited') {
      this.#exits.get(message.pid)?.(message.how);
      this.#exits.delete(message.pid);
    }
    if (message.type === 'spawned' || message.type === 'refused') {
      this.#answers.get(message.request)?.(message);
      this.#answers.delete(message.request);
    }
  }
}
