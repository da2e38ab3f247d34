import { SettingsError } from './errors.ts';

/** An error that was thrown on purpose: written for people, with a code for programs. */
function isTyped(error: unknown): error is Error & { readonly code: string; readonly exitCode?: number } {
  return error instanceof Error && 'retryable' in error && 'code' in error;
}

/**
 * Runs one command of a command line to its end. Settings that are refused print one line and give exit code 2, other
 * typed errors theirs and what `exitCodeOf` says: their `exitCode`, 1 without one, unless given. Anything else is a fault
 * of the program, and is thrown on.
 */
export async function runCommand(
  name: string,
  work: () => Promise<void>,
  exitCodeOf: (error: Error & { readonly exitCode?: number }) => number = ({ exitCode }) => exitCode ?? 1,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isTyped(error)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = error instanceof SettingsError ? 2 : exitCodeOf(error);
  }
}
