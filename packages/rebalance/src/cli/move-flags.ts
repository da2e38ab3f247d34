import { type Command, InvalidArgumentError } from 'commander';
import { bucketsAtOnce, DEFAULT_THROTTLE, type MoveCluster, type MoveOptions } from '../move/move-options.ts';
import { announcer } from './announce.ts';
import { collected, shardId, wholeWithin } from './arguments.ts';
import type { ChangeFlags, CommonFlags } from './command.ts';
import type { ChangeOperation, Operation, Steps } from './operation.ts';
import { operatorName } from './operator-name.ts';

/** Each bucket that moves at once takes two connections of each of its shards. */
const MAX_PARALLEL = 16;
const MAX_RATE = 10_000_000;

export interface WishFlags {
  readonly empty: readonly number[];
  readonly weight: ReadonlyMap<number, number>;
}

export interface PaceFlags {
  readonly rate: number;
  readonly unthrottled: boolean;
  readonly parallel?: number;
}

export function withWishes(command: Command): Command {
  return command
    .option('--empty <shard…>', 'a shard that is to hold nothing; can be repeated', collected(shardId), [])
    .option(
      '--weight <shard=weight>',
      'how much a shard should hold, in proportion; can be repeated; the configuration says it by default',
      (text: string, before: ReadonlyMap<number, number>) => {
        const [id = '', weight = ''] = text.split('=');
        if (!/^\d{1,6}(\.\d{1,6})?$/.test(weight))
          throw new InvalidArgumentError('it is shard=weight, such as 2=1.5, with a weight below a million');
        return new Map([...before, [shardId(id), Number(weight)]]);
      },
      new Map<number, number>(),
    );
}

export function withPace(command: Command): Command {
  return command
    .option(
      '--rate <rows>',
      'rows a second that are copied at the most',
      wholeWithin(1, MAX_RATE),
      DEFAULT_THROTTLE.rowsPerSecond,
    )
    .option('--unthrottled', 'as fast as it goes, whatever it does to callers', false)
    .option('--parallel <n>', 'buckets at once; 1 by default, 4 unthrottled', wholeWithin(1, MAX_PARALLEL));
}

export const wishesOf = ({ empty, weight, rate, ...pace }: WishFlags & PaceFlags) => ({
  empty,
  weights: weight,
  rowsPerSecond: rate,
  parallel: bucketsAtOnce(paceOf({ rate, ...pace })),
});

const paceOf = ({ rate, unthrottled, parallel }: PaceFlags): Pick<MoveOptions, 'parallel' | 'throttle'> => ({
  throttle: unthrottled ? 'off' : { ...DEFAULT_THROTTLE, rowsPerSecond: rate },
  ...(parallel === undefined ? {} : { parallel }),
});

export function moveCluster({ cluster, settings, progress }: Operation<CommonFlags>): MoveCluster {
  const announce = announcer(settings, (text) => progress.say(text));
  return {
    ...cluster,
    capacityOf: (shard) => {
      const bytes = cluster.configs.find(({ id }) => id === shard)?.capacityBytes;
      return bytes === undefined ? undefined : BigInt(Math.floor(bytes));
    },
    ...(announce === undefined ? {} : { announce }),
  };
}

/** @param doing what its progress is called, such as `moving` */
export function optionsOf(
  { flags, signal, progress }: ChangeOperation<ChangeFlags & PaceFlags>,
  { changed }: Steps,
  doing: string,
): MoveOptions {
  const { by, reason } = flags;
  return {
    by: operatorName(by),
    ...(reason === undefined ? {} : { reason }),
    ...paceOf(flags),
    signal,
    onChanged: changed,
    onProgress: ({ done, total, rows }) =>
      progress.tell({
        what: doing,
        done,
        total,
        // What takes back, or cleans up, counts no rows.
        unit: rows === 0 ? 'buckets' : `buckets (${rows.toLocaleString('en-US')} rows)`,
      }),
  };
}
