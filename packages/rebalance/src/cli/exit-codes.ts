import {
  EpochAbortedError,
  EpochRefusedError,
  MigrationRefusedError,
  ShardIdentityError,
  TopologyError,
} from '@ordershard/shard-router';

/** What a command's exit code means. Scripts depend on them; docs/shard-rebalance.md lists them. */
export const EXIT = {
  /** All is done, or there was nothing to do. */
  done: 0,
  /** Something failed on the way. What was done is kept: `status` shows it, `resume` goes on. */
  failed: 1,
  /** The command line or a setting is wrong. Nothing was done. */
  usage: 2,
  /** A check refused the action, or it was not confirmed. Nothing was changed. */
  refused: 3,
  /** Stopped on the way, or something is left over. What was done is kept. */
  unfinished: 4,
  /** Another operator holds what the action needs. Nothing was changed. */
  held: 5,
  /** A verify found differences. */
  different: 6,
} as const;

/** For the end of a command's help. */
export const EXIT_HELP =
  'Exit codes: 0 done, 1 failed on the way, 2 wrong usage or setting, 3 refused and nothing changed, ' +
  '4 not finished, 5 held by another operator, 6 differences found';

/** Of the router, which knows no exit codes: what changed nothing when it was thrown. */
const REFUSALS = [
  EpochRefusedError,
  EpochAbortedError,
  ShardIdentityError,
  TopologyError,
  MigrationRefusedError,
];

/** What an error says of how a command has ended. */
export function exitCodeOf(error: Error & { readonly exitCode?: number }): number {
  if (REFUSALS.some((refusal) => error instanceof refusal)) return EXIT.refused;
  return error.exitCode ?? EXIT.failed;
}
