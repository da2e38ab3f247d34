import { runCommand } from '@ordershard/process';
import { audited } from '../audit/audit-log.ts';
import { type OperatorCluster, openCluster } from '../cluster.ts';
import { type OperatorSettings, readOperatorSettings } from '../settings.ts';
import type { ChangeFlags, CommonFlags } from './command.ts';
import { confirm } from './confirm.ts';
import { exitCodeOf } from './exit-codes.ts';
import { type Printed, printedText } from './output.ts';
import { Progress } from './progress.ts';

/** What is to be done, for whoever is asked and for the audit log. */
export interface Change {
  /** The command, as the log names it. */
  readonly action: string;
  /** A question for the operator: what will happen. */
  readonly question: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What has to be done before anything can be noted in the log, such as making its table. */
  readonly first?: () => Promise<void>;
}

/** One run of a command. */
export interface Operation<F extends CommonFlags = ChangeFlags> {
  readonly flags: F;
  readonly settings: OperatorSettings;
  readonly cluster: OperatorCluster;
  readonly progress: Progress;
  /** Aborted by SIGTERM or SIGINT; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Prints the result on standard output, as `--output` says. */
  readonly print: (printed: Printed) => void;
}

/** A run of a command that changes something. */
export interface ChangeOperation<F extends ChangeFlags = ChangeFlags> extends Operation<F> {
  /**
   * Asks, notes the action in the audit log, runs `fn` and notes how it ended. With `--dry-run` it says so and does not
   * run `fn`; the result is undefined then.
   *
   * @throws NotConfirmedError, AuditUnavailableError; nothing was done then
   */
  readonly change: <T>(change: Change, fn: () => Promise<T>) => Promise<T | undefined>;
}

/** Runs a command that only looks, with the cluster that the environment names. */
export function look<F extends CommonFlags>(
  flags: F,
  fn: (operation: Operation<F>) => Promise<void>,
): Promise<void> {
  return runCommand(
    'shard-rebalance',
    async () => {
      const settings = await readOperatorSettings(process.env);
      const cluster = openCluster(settings);
      const stopping = new AbortController();
      const stop = () => stopping.abort();
      process.once('SIGTERM', stop).once('SIGINT', stop);
      const progress = new Progress();
      try {
        await fn({
          flags,
          settings,
          cluster,
          progress,
          signal: stopping.signal,
          print: (printed) => {
            progress.end();
            process.stdout.write(printedText(printed, flags.output));
          },
        });
      } finally {
        process.off('SIGTERM', stop).off('SIGINT', stop);
        await cluster.close();
      }
    },
    exitCodeOf,
  );
}

/** Runs a command that changes something. */
export function operate<F extends ChangeFlags>(
  flags: F,
  fn: (operation: ChangeOperation<F>) => Promise<void>,
): Promise<void> {
  return look(flags, (operation) =>
    fn({
      ...operation,
      change: async ({ action, question, arguments: given, first }, act) => {
        const { dryRun, yes, reason, by } = flags;
        if (dryRun) {
          operation.progress.say(`dry run, nothing is changed: ${question}`);
          return undefined;
        }
        await confirm(question, yes);
        await first?.();
        return audited(operation.cluster, { action, reason, arguments: given, actor: by }, act);
      },
    }),
  );
}
