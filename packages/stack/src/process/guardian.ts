import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerStartError } from '../errors.ts';
import type { FromGuardian, GuardianOrders, Launch, ToGuardian } from './guardian-protocol.ts';
import { identityOf, type ProcessIdentity } from './identity.ts';
import { runTool, type ToolRunner } from './run-tool.ts';

/** A server that runs under a guardian. */
export interface GuardedServer {
  readonly process: ProcessIdentity;
  /** How it ended ("SIGKILL", "status 1"), or null while it runs. */
  ended(): string | null;
}

/** The starter's end of the channel to its guardian process (see guardian-main.ts). */
export interface Guardian {
  readonly process: ProcessIdentity;
  spawn(launch: Launch): Promise<GuardedServer>;
  /** Runs tools that end with this process. */
  readonly run: ToolRunner;
  /** Makes the guardian also remove the containers that carry this start's id. */
  watchContainers(socketPath: string, start: string): void;
  /** Leaves the servers running without a guardian. */
  release(): Promise<void>;
  /** Ends the servers (and the data of an ephemeral stack) and resolves when that is done. */
  end(): Promise<void>;
}

/** Starts a guardian. It has a session of its own, so that a Ctrl-C meant for the starter does not reach it. */
export async function startGuardian(orders: GuardianOrders): Promise<Guardian> {
  const script = new URL(
    `./guardian-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  );
  const log = openSync(join(orders.stackDir, 'guardian.log'), 'a', 0o600);
  const child = fork(fileURLToPath(script), [JSON.stringify(orders)], {
    detached: true,
    execArgv: ['--no-warnings'],
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  return new GuardianChannel(child, identityOf(pid) ?? { pid, startTime: null });
}

class GuardianChannel implements Guardian {
  readonly process: ProcessIdentity;
  readonly run: ToolRunner = (call) => runTool(call, (pid) => this.#send({ type: 'watch', pid }));
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (message: FromGuardian) => void>();
  readonly #ended = new Map<number, string>();
  #requests = 0;
  /** Set once the guardian itself is gone, and with it the servers. */
  #over: string | null = null;

  constructor(child: ChildProcess, identity: ProcessIdentity) {
    this.process = identity;
    this.#child = child;
    child.on('message', (message: FromGuardian) => this.#receive(message));
    child.once('exit', () => this.#lost());
    // A stack that is merely open must not keep its process alive.
    child.unref();
    child.channel?.unref();
  }

  async spawn(launch: Launch): Promise<GuardedServer> {
    if (this.#over !== null) throw new ServerStartError(`${launch.command}: its guardian has ended`);
    this.#requests += 1;
    const request = this.#requests;
    const answer = await this.#wait(
      new Promise<FromGuardian>((resolve) => {
        this.#answers.set(request, resolve);
        this.#send({ type: 'spawn', request, launch });
      }),
    );
    if (answer.type !== 'spawned') {
      throw new ServerStartError(
        `${launch.command}: ${answer.type === 'refused' ? answer.reason : 'guardian ended'}`,
      );
    }
    const { process: identity } = answer;
    return { process: identity, ended: () => this.#ended.get(identity.pid) ?? this.#over };
  }

  watchContainers(socketPath: string, start: string): void {
    this.#send({ type: 'containers', socketPath, start });
  }

  async release(): Promise<void> {
    await this.#finish({ type: 'release' });
  }

  async end(): Promise<void> {
    await this.#finish({ type: 'end' });
  }

  async #finish(message: ToGuardian): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#send(message);
    await this.#wait(exit);
  }

  /** Keeps this process alive while it waits for the guardian, which otherwise does not keep it alive. */
  async #wait<T>(promise: Promise<T>): Promise<T> {
    const keepAlive = setInterval(() => undefined, 1_000);
    try {
      return await promise;
    } finally {
      clearInterval(keepAlive);
    }
  }

  #receive(message: FromGuardian): void {
    if (message.type === 'exited') this.#ended.set(message.pid, message.how);
    if (message.type === 'spawned' || message.type === 'refused') {
      this.#answers.get(message.request)?.(message);
      this.#answers.delete(message.request);
    }
  }

  #lost(): void {
    this.#over = 'its guardian';
    for (const answer of this.#answers.values()) answer({ type: 'done' });
    this.#answers.clear();
  }

  #send(message: ToGuardian): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
