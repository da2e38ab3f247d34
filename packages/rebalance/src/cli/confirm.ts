import { createInterface } from 'node:readline/promises';
import { NotConfirmedError } from '../errors.ts';

/**
 * Asks on the terminal whether an action shall be done. `--yes` answers before it is asked.
 *
 * @throws NotConfirmedError when the answer is not yes, or nobody can be asked
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new NotConfirmedError(
      `${question} There is no terminal to ask on: add --yes, or see with --dry-run first`,
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new NotConfirmedError('not confirmed: nothing was changed');
}
