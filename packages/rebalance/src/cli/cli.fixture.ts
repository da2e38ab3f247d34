import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { shardRebalance as program } from './program.ts';

const BIN = fileURLToPath(new URL('../bin.ts', import.meta.url));

/** What a run of the command line has come to. */
export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `shard-rebalance` in a process of its own, with no terminal, to its end. */
export async function shardRebalance(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CliRun> {
  const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', BIN, ...args], {
    // Settings of the test run are not those of the command.
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ORDERSHARD_'))),
      NODE_OPTIONS: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** What ends a command that wants the process to exit. */
class Exited extends Error {}

/** Runs a command in this process, which takes a hundredth of the time of {@link shardRebalance}. One at a time. */
export async function inThisProcess(command: string, env: Readonly<Record<string, string>>): Promise<CliRun> {
  const written = { stdout: '', stderr: '' };
  const { env: envBefore, exitCode: exitCodeBefore } = process;
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => stream.write.bind(stream));
  const exit = process.exit.bind(process);
  for (const [name, stream] of [
    ['stdout', process.stdout],
    ['stderr', process.stderr],
  ] as const)
    stream.write = (text: string | Uint8Array) => {
      written[name] += String(text);
      return true;
    };
  let code = 0;
  process.env = env as NodeJS.ProcessEnv;
  process.exitCode = undefined;
  process.exit = (exitCode) => {
    code = Number(exitCode ?? 0);
    throw new Exited();
  };
  try {
    await program()
      .parseAsync(command.split(' '), { from: 'user' })
      .catch((error: unknown) => {
        if (!(error instanceof Exited)) throw error;
      });
    return { code: exitCodeOfProcess() ?? code, ...written };
  } finally {
    for (const [index, stream] of streams.entries()) stream.write = writes[index]!;
    process.env = envBefore;
    process.exitCode = exitCodeBefore;
    process.exit = exit;
  }
}

/** What a command has set; the compiler thinks that it is what was assigned here. */
function exitCodeOfProcess(): number | undefined {
  return process.exitCode === undefined ? undefined : Number(process.exitCode);
}
