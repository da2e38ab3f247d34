import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { removeClockLeftOvers } from '../clock/left-overs.ts';
import { ProcessFailedError } from '../errors.ts';
import { endWithThis } from './end-with-this.ts';

/** A line of a process's log (pino's JSON). */
export type LogLine = Readonly<Record<string, unknown>>;

/** How one of the project's own processes is started. */
export interface ProcessOptions {
  /** The file to run, TypeScript or not. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Its variables, on top of this process's own; an undefined one is left out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Within this time the process must log that it is ready, milliseconds; 90 s by default: it bounds a hang, on a machine
   * that may be busy.
   */
  readonly readyWithinMs?: number;
}

/** A process of the project that is ready. */
export interface OwnProcess {
  readonly pid: number;
  /** The port of its `ready` line. */
  readonly port: number;
  readonly ready: LogLine;
  /** Every line that it has logged so far. */
  readonly log: readonly LogLine[];
  /** The end of its output that is not log lines, and the end of its stderr. */
  output(): string;
  /** Resolves when a line matches, at once if one has already. Rejects when the process ends first. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** SIGTERM; resolves when it has ended with status 0. @throws ProcessFailedError otherwise, after SIGKILL if need be */
  stop(withinMs?: number): Promise<void>;
  /** Ends it without a chance to tidy up. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const OUTPUT_KEPT = 20_000;

/**
 * Starts a process and resolves when it logs `{"msg":"ready"}`.
 * @throws ProcessFailedError with the output of the process, when it ends first or takes too long; it is then killed
 */
export async function startProcess(options: ProcessOptions): Promise<OwnProcess> {
  const running = new Running(options);
  const within = options.readyWithinMs ?? 90_000;
  const timer = setTimeout(() => running.giveUp(`was not ready within ${within / 1_000} s`), within);
  try {
    const ready = await running.logged((line) => line['msg'] === 'ready');
    return running.opened(ready);
  } catch (error) {
    await running.kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a process to its end, for commands such as `migrate`. Returns its log.
 * @throws ProcessFailedError unless it ends with status 0
 */
export async function runProcess(options: ProcessOptions): Promise<readonly LogLine[]> {
  const running = new Running(options);
  await running.ended;
  running.requireSuccess();
  return running.log;
}

class Running {
  readonly log: LogLine[] = [];
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Set<{
    matches(line: LogLine): boolean;
    resolve(line: LogLine): void;
    reject(error: Error): void;
  }>();
  #output = '';
  #how: string | null = null;

  constructor({ file, args = [], env }: ProcessOptions) {
    this.#name = [file.split('/').slice(-3).join('/'), ...args].join(' ');
    this.#child = spawn(process.execPath, ['--conditions=source', '--no-warnings', file, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithThis(this.#child);
    this.ended = this.#follow().finally(() => removeClockLeftOvers(this.#child.pid ?? 0, env));
  }

  opened(ready: LogLine): OwnProcess {
    return {
      pid: this.#child.pid ?? 0,
      port: Number(ready['port'] ?? 0),
      ready,
      log: this.log,
      output: () => this.#output,
      logged: async (matches) => this.logged(matches),
      stop: async (withinMs = 15_000) => this.stop(withinMs),
      kill: async (signal) => this.kill(signal),
    };
  }

  async logged(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const seen = this.log.find(matches);
    if (seen !== undefined) return seen;
    if (this.#how !== null) throw this.#failure(`ended with ${this.#how}`);
    return new Promise((resolve, reject) => this.#waiting.add({ matches, resolve, reject }));
  }

  async stop(withinMs: number): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
    await this.ended;
    clearTimeout(timer);
    this.requireSuccess();
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.ended;
  }

  giveUp(reason: string): void {
    this.#rejectAll(this.#failure(reason));
  }

  requireSuccess(): void {
    if (this.#how !== 'status 0') throw this.#failure(`ended with ${this.#how}`);
  }

  async #follow(): Promise<void> {
    const { stdout, stderr } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#line(line));
    stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    this.#child.once('error', (error) => this.#keep(error.message));
    const [status, killedBy] = (await once(this.#child, 'close').catch(() => [null, null])) as [
      number | null,
      string | null,
    ];
    this.#how = killedBy ?? `status ${status}`;
    this.#rejectAll(this.#failure(`ended with ${this.#how}`));
  }

  #line(text: string): void {
    const line = parseLine(text);
    if (line === null) {
      this.#keep(`${text}\n`);
      return;
    }
    this.log.push(line);
    for (const waiter of this.#waiting) {
      if (!waiter.matches(line)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(line);
    }
  }

  #rejectAll(error: Error): void {
    for (const waiter of this.#waiting) waiter.reject(error);
    this.#waiting.clear();
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_KEPT);
  }

  #failure(reason: string): ProcessFailedError {
    const logged = this.log
      .slice(-10)
      .map((line) => JSON.stringify(line))
      .join('\n');
    return new ProcessFailedError(`${this.#name} ${reason}\n${this.#output.trim()}\n${logged}`.trim());
  }
}

function parseLine(text: string): LogLine | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}
