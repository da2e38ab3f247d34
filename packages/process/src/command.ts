import { SettingsError } from './errors.ts';
import { unforeseen } from './unforeseen.ts';
import { oneLine } from './visible.ts';

/** An error that was thrown on purpose: written for people, with a code for programs. */
function isTyped(error: unknown): error is Error & { readonly code: string; readonly exitCode?: number } {
  return error instanceof Error && 'retryable' in error && 'code' in error;
}

/**
 * Whether an error refuses settings: this package's SettingsError, or an error of another package that names the `setting`.
 */
function isOfSettings(error: Error): boolean {
  return error instanceof SettingsError || typeof (error as { setting?: unknown }).setting === 'string';
}

let guarded = false;

/**
 * Runs one command of a command line to its end. An error becomes one line on standard error and an exit code: 2 for refused
 * settings; for other typed errors the result of `exitCodeOf` (by default their `exitCode`, or 1 without one); and 1 for
 * unexpected errors, whose stack goes to a file that the line names. The reader of the output may stop reading, as `head`
 * does: that is no failure.
 */
export async function runCommand(
  name: string,
  work: () => Promise<unknown>,
  exitCodeOf: (error: Error & { readonly exitCode?: number }) => number = ({ exitCode }) => exitCode ?? 1,
): Promise<void> {
  guard(name);
  try {
    await work();
  } catch (error) {
    tell(name, isTyped(error) ? error.message : unforeseen(name, error));
    process.exitCode = isTyped(error) ? (isOfSettings(error) ? 2 : exitCodeOf(error)) : 1;
  }
}

function tell(name: string, message: string): void {
  process.stderr.write(`${name}: ${oneLine(message)}\n`);
}

/** Handles errors that are thrown where no command waits for them, and pipes that nobody reads any more. */
function guard(name: string): void {
  if (guarded) return;
  guarded = true;
  process.on('uncaughtException', (error) => {
    tell(name, unforeseen(name, error));
    process.exit(1);
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
