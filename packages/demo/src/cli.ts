#!/usr/bin/env node
import { CommanderError } from 'commander';
import { shareCompileCache, StackError } from '@ordershard/stack';
import { runDemo } from './demo.ts';
import { InputFileError } from './input/errors.ts';
import { stopKept } from './keep.ts';
import { InterruptedError } from './play/errors.ts';
import { EXIT, exitCodeOf, toJson } from './report/summary.ts';
import { demoCommand, type DemoSettings } from './settings.ts';

shareCompileCache();
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // A second interrupt does not wait: keeper and guardian end everything.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\ninterrupted: ending everything\n');
    interruption.abort(new InterruptedError('the run was interrupted'));
  });
}

async function run(settings: DemoSettings): Promise<void> {
  const out = settings.json ? process.stderr : process.stdout;
  if (settings.stop) {
    out.write(`${await stopKept()}\n`);
    return;
  }
  const summary = await runDemo(settings, out, interruption.signal);
  if (settings.json) process.stdout.write(`${toJson(summary)}\n`);
  process.exitCode = exitCodeOf(summary);
}

try {
  await demoCommand(run).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOfError(error);
}

function exitCodeOfError(error: unknown): number {
  // Commander has said what is wrong; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.right : EXIT.usage;
  if (interruption.signal.aborted) return EXIT.interrupted;
  const said = error as { code?: unknown; message?: string; stack?: string };
  process.stderr.write(`${typeof said.code === 'string' ? said.message : (said.stack ?? String(error))}\n`);
  return error instanceof InputFileError || (error instanceof StackError && isSetting(error))
    ? EXIT.usage
    : EXIT.wrong;
}

function isSetting({ code }: StackError): boolean {
  return code === 'STACK_SETTING' || code === 'STACK_STATE' || code === 'STACK_USER_SERVER';
}
