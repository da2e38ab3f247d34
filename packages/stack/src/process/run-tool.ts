import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ToolFailedError, ToolMissingError } from '../errors.ts';

/** How a tool is run. `installs` names Debian's package that holds it, for the message when it is missing. */
export interface ToolCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly installs: string;
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface ToolOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool; the guardian's runner also ends it should this process die. */
export type ToolRunner = (call: ToolCall) => Promise<ToolOutput>;

/** The last characters of a tool's output that go into an error message. */
const TAIL = 1_500;

/**
 * Runs a program to its end and returns what it wrote (stdout, then stderr apart).
 * @param onSpawn gets the pid as soon as there is one
 * @throws ToolMissingError when there is no such program
 * @throws ToolFailedError when it exits with another status than 0
 */
export async function runTool(call: ToolCall, onSpawn?: (pid: number) => void): Promise<ToolOutput> {
  const child = spawn(call.command, call.args, {
    cwd: call.cwd,
    env: { ...process.env, LC_ALL: 'C', ...call.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) onSpawn?.(child.pid);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(call.input ?? '');
  try {
    const [status, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (status === 0) return { stdout, stderr };
    const said = (stderr.trim() || stdout.trim()).slice(-TAIL);
    throw new ToolFailedError(`${call.command} ended with ${killedBy ?? `status ${status}`}: ${said}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ToolMissingError(call.command, call.installs);
  }
}
