import type { CommandEnd } from '../../move/store.ts';
import type { OperatorScene } from './scene.ts';

/** Exit codes of commands that were refused with nothing changed: wrong usage or settings, refused, held by another. */
const REFUSED: readonly (number | null)[] = [2, 3, 5];

/** The last line of standard error, which says what is wrong. */
export function said({ stderr }: Pick<CommandEnd, 'stderr'>): string {
  return stderr.trimEnd().split('\n').at(-1) ?? '';
}

/** Adds a finding when a command shows a stack trace, which no command may do. */
export function noTrace(scene: OperatorScene, args: readonly string[], { stderr, stdout }: CommandEnd): void {
  if (/^ {4}at /m.test(`${stderr}${stdout}`))
    scene.findings.add('misjudged', args.join(' '), `a stack trace: ${stderr.slice(0, 300)}`);
}

/** Exit codes that say: run it again. A lease has run out on a busy machine, or another operation holds it for now. */
const AGAIN: readonly (number | null)[] = [4, 5];
const TRIES = 5;

/** Runs a command again and again until its exit code says something else than that, or {@link TRIES} runs are over. */
export async function toItsEnd(
  scene: OperatorScene,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandEnd> {
  for (let tries = 1; ; tries += 1) {
    const end = await scene.command(args, env);
    noTrace(scene, args, end);
    if (!AGAIN.includes(end.code) || tries === TRIES) return end;
  }
}

/** How many commands of a longer list one fault gives; over a run each gets its turn. */
const AT_ONCE = 3;

/**
 * Gives some of the wrong commands. Each has to be refused by type, with nothing changed.
 *
 * @returns what proves it; a command that was not refused is a finding
 */
export async function refused(
  scene: OperatorScene,
  all: readonly (readonly string[])[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<string | undefined> {
  const before = (await scene.map()).version;
  const proofs: string[] = [];
  const commands = scene.random.shuffled(all).slice(0, AT_ONCE);
  for (const args of commands) {
    const end = await scene.command(args, env);
    noTrace(scene, args, end);
    if (REFUSED.includes(end.code)) proofs.push(`${args[0]}: ${said(end)}`);
    else
      scene.findings.add(
        'misjudged',
        args.join(' '),
        `ended with ${end.code}, and not as refused: ${said(end)}`,
      );
  }
  const after = (await scene.map()).version;
  if (after !== before)
    scene.findings.add('misjudged', commands.join(' | '), `the map went from ${before} to ${after}`);
  return proofs.length === commands.length ? proofs.join('; ') : undefined;
}

/** Starts a command, sends it a signal when it has begun to move, and returns how it ended. */
export async function struck(
  scene: OperatorScene,
  args: readonly string[],
  signal: NodeJS.Signals,
): Promise<{ readonly end: CommandEnd; readonly struck: boolean }> {
  let isStruck = false;
  let pid = 0;
  const end = await scene.store.commandWith(
    args,
    {},
    {
      started: (own) => (pid = own),
      line: (line) => {
        if (isStruck || !/\d+ of \d+ buckets/.test(line)) return;
        isStruck = true;
        process.kill(pid, signal);
      },
    },
  );
  noTrace(scene, args, end);
  return { end, struck: isStruck };
}
