import { runCommand } from '@ordershard/process';
import { audited } from '../audit/audit-log.ts';
import type { LogEntry } from '../audit/log-entry.ts';
import { type OperatorCluster, openCluster } from '../cluster.ts';
import { CutOffError, MemberMissingError, StoppedError } from '../errors.ts';
import { refuseHeld } from '../lease/refuse-held.ts';
import { type OperatorSettings, readOperatorSettings } from '../settings.ts';
import { allMembersOf, membersOf } from '../topology/cluster-map.ts';
import type { ChangeFlags, CommonFlags } from './command.ts';
import { confirm } from './confirm.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { Interruption } from './interruption.ts';
import { type Printed, printedText } from './output.ts';
import { Progress } from './progress.ts';

/** A change as the operator is asked about it and as the audit log names it. */
export interface Change {
  /** The command, as the log names it. */
  readonly action: string;
  /**
   * A question for the operator: what will happen. A function, which may look at the shards, is not called when nobody reads
   * the question.
   */
  readonly question: string | (() => Promise<string>);
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The cluster in whose log the change is noted; by default the command's. */
  readonly log?: OperatorCluster;
  /**
   * The shards whose leases the action takes. While another operation holds one of them, the command refuses before it asks.
   */
  readonly takes?: readonly number[];
  /** The command that continues the work after it was cut off, such as `shard-rebalance resume`. */
  readonly next?: string;
  /** Runs before the change is noted in the log, such as making the log's table. */
  readonly first?: () => Promise<void>;
}

/** One run of a command. */
export interface Operation<F extends CommonFlags = ChangeFlags> {
  readonly flags: F;
  readonly settings: OperatorSettings;
  readonly cluster: OperatorCluster;
  readonly progress: Progress;
  /** Aborted by SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Declares that the command ends by itself once the signal aborts. A command that only looks is ended by the signal. */
  readonly endsItself: () => void;
  /** Prints the result on standard output, as `--output` says. */
  readonly print: (printed: Printed) => void;
}

/** A run of a command that changes something. */
export interface ChangeOperation<F extends ChangeFlags = ChangeFlags> extends Operation<F> {
  /**
   * Asks, notes the action in the audit log, runs `fn` and notes how it ended. With `--dry-run` it says so and does not
   * run `fn`; the result is undefined then.
   *
   * @throws ShardBusyError, NotConfirmedError, AuditUnavailableError; nothing was done then
   * @throws CutOffError in place of a refusal that came when something was changed already
   */
  readonly change: <T>(change: Change, fn: (steps: Steps) => Promise<T>) => Promise<T | undefined>;
}

/** A change reports its steps with these functions while it is under way. */
export interface Steps {
  /** Declares that something is changed from now on: a later error is no refusal any more. */
  readonly changed: () => void;
  /** Reports the next step, at a point where the work may also stop. @throws StoppedError once a signal has come */
  readonly next: (step: string) => void;
  /** The row of the audit log. */
  readonly entry: LogEntry;
}

/**
 * Which shards a command is for. `every member` of the cluster: refused when one is not configured. `configured` members: the
 * member with the lowest id must be among them, since it keeps the audit log. `whatever` is configured: for a command that
 * makes members.
 */
export type Reach = 'every member' | 'configured' | 'whatever';

/** What a command does; before it, which shards it is for. */
type Work<O> = [fn: (operation: O) => Promise<void>] | [reach: Reach, fn: (operation: O) => Promise<void>];

function reachAndWork<O>(work: Work<O>, usual: Reach): [Reach, (operation: O) => Promise<void>] {
  return work.length === 1 ? [usual, work[0]] : work;
}

/** Runs a command that only looks, with the cluster that the environment names: by default at its `configured` members. */
export function look<F extends CommonFlags>(flags: F, ...work: Work<Operation<F>>): Promise<void> {
  const [reach, fn] = reachAndWork(work, 'configured');
  return runCommand(
    'shard-rebalance',
    async () => {
      const settings = await readOperatorSettings(process.env);
      const opened = openCluster(settings);
      const progress = new Progress();
      const interruption = new Interruption((text) => progress.say(text));
      try {
        progress.doing('asking the shards');
        await interruption.run(async () => {
          const cluster = await withinReach(opened, reach, (text) => progress.say(text));
          await fn({
            flags,
            settings,
            cluster,
            progress,
            signal: interruption.signal,
            endsItself: () => interruption.endsItself(),
            print: (printed) => {
              progress.end();
              process.stdout.write(printedText(printed, flags.output));
            },
          });
        });
      } finally {
        progress.close();
        interruption.close();
        await opened.close();
      }
    },
    exitCodeOf,
  );
}

async function withinReach(
  opened: OperatorCluster,
  reach: Reach,
  warn: (text: string) => void,
): Promise<OperatorCluster> {
  if (reach === 'whatever') return opened;
  if (reach === 'every member') return allMembersOf(opened);
  const { cluster, missing } = await membersOf(opened);
  if (missing.some((shard) => cluster.shards.every((other) => shard < other)))
    throw new MemberMissingError(missing);
  if (missing.length > 0)
    warn(`shard ${missing.join(', ')} of the cluster is not configured here, and is left out`);
  return cluster;
}

/** Runs a command that changes something, by default on `every member`. */
export function operate<F extends ChangeFlags>(flags: F, ...work: Work<ChangeOperation<F>>): Promise<void> {
  const [reach, fn] = reachAndWork(work, 'every member');
  return look(flags, reach, (operation) =>
    fn({
      ...operation,
      change: async ({ action, question, arguments: given, log, takes = [], first, next }, act) => {
        const { cluster, progress, signal } = operation;
        const { dryRun, yes, reason, by } = flags;
        await refuseHeld(cluster, takes);
        const asked = typeof question === 'string' ? question : yes && !dryRun ? '' : await question();
        progress.end();
        if (dryRun) {
          progress.say(`dry run, nothing is changed: ${asked}`);
          return undefined;
        }
        await confirm(asked, yes, signal);
        operation.endsItself();
        await first?.();
        const started = { action, reason, arguments: given, actor: by };
        return audited(log ?? cluster, started, (entry) => stepwise({ progress, signal, next, entry }, act));
      },
    }),
  );
}

/** Runs an action and gives it the functions to report its steps. See {@link ChangeOperation.change} for what it throws. */
async function stepwise<T>(
  {
    progress,
    signal,
    next,
    entry,
  }: Pick<Operation, 'progress' | 'signal'> & {
    readonly next: string | undefined;
    readonly entry: LogEntry;
  },
  act: (steps: Steps) => Promise<T>,
): Promise<T> {
  let isChanged = false;
  const after = next === undefined ? '' : `. Next: ${next}`;
  try {
    return await act({
      entry,
      changed: () => (isChanged = true),
      next: (step) => {
        if (signal.aborted) throw new StoppedError(`stopped before ${step}${after}`);
        progress.doing(step);
      },
    });
  } catch (error) {
    const code = exitCodeOf(error as Error);
    // The code that stops on the way says how far it is, but does not know of commands.
    if (isChanged && next !== undefined && error instanceof StoppedError && !error.message.includes(next))
      throw new StoppedError(`${error.message}${after}`, { cause: error });
    if (!isChanged || (code !== EXIT.refused && code !== EXIT.held)) throw error;
    throw new CutOffError(error as Error, next);
  }
}
