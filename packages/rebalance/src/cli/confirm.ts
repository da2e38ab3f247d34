import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { NotConfirmedError } from '../errors.ts';

/** Where a person is asked. */
export interface Asked {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
}

const STANDARD: Asked = { input: process.stdin, output: process.stderr };

/**
 * Asks on the terminal whether an action shall be done. `--yes` answers before it is asked.
 *
 * @param signal ends the question: the answer is no then, as it is for Ctrl-C and Ctrl-D
 * @throws NotConfirmedError when the answer is not yes, or nobody can be asked
 */
export async function confirm(
  question: string,
  yes: boolean,
  signal?: AbortSignal,
  { input, output }: Asked = STANDARD,
): Promise<void> {
  if (yes) return;
  if (input.isTTY !== true || output.isTTY !== true)
    throw new NotConfirmedError(
      `${question} There is no terminal to ask on: add --yes, or see with --dry-run first`,
    );
  const answer = await answerOf(question, signal, { input, output });
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return;
  throw new NotConfirmedError('not confirmed: nothing was changed');
}

/** What was typed; undefined for Ctrl-C, Ctrl-D, and a terminal that has gone away. */
async function answerOf(
  question: string,
  signal: AbortSignal | undefined,
  { input, output }: Asked,
): Promise<string | undefined> {
  const asked = createInterface({ input, output, terminal: true });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const stop = () => asked.close();
  signal?.addEventListener('abort', stop, { once: true });
  asked.once('SIGINT', stop).once('close', () => resolve(undefined));
  asked.question(`${question} [y/N] `, resolve);
  try {
    const answer = await promise;
    // Ctrl-C and Ctrl-D leave the cursor behind the question.
    if (answer === undefined) output.write('\n');
    return answer;
  } finally {
    signal?.removeEventListener('abort', stop);
    asked.close();
  }
}
