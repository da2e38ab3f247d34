import { type Command, InvalidArgumentError } from 'commander';
import { bucketsAtOnce, DEFAULT_THROTTLE, type MoveCluster, type MoveOptions } from '../move/move-options.ts';
import { announcer } from './announce.ts';
import { type ChangeFlags, type CommonFlags, positive, shardId } from './command.ts';
import type { ChangeOperation, Operation } from './operation.ts';
import { operatorName } from './operator-name.ts';

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
    .option('--empty <shard…>', 'a shard that is to hold nothing; can be repeated', collect(shardId), [])
    .option(
      '--weight <shard=weight>',
      'how much a shard should hold, in proportion; can be repeated; the configuration says it by default',
      (text: string, before: ReadonlyMap<number, number>) => {
        const [id = '', weight = ''] = text.split('=');
        if (!/^\d+(\.\d+)?$/.test(weight))
          throw new InvalidArgumentError('it is shard=weight, such as 2=1.5');
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
      positive,
      DEFAULT_THROTTLE.rowsPerSecond,
    )
    .option('--unthrottled', 'as fast as it goes, whatever it does to callers', false)
    .option('--parallel <n>', 'buckets at once; 1 by default, 4 unthrottled', positive);
}

const collect =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[]): readonly T[] => [...before, read(text)];

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

export const planOf = ({ planId }: { readonly planId?: string }) => (planId === undefined ? {} : { planId });

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

export function optionsOf({
  flags,
  signal,
  progress,
}: ChangeOperation<ChangeFlags & PaceFlags>): MoveOptions {
  const { by, reason } = flags;
  return {
    by: operatorName(by),
    ...(reason === undefined ? {} : { reason }),
    ...paceOf(flags),
    signal,
    onProgress: ({ done, total, rows }) =>
      progress.tell({ what: 'moving', done, total, unit: `buckets (${rows.toLocaleString('en-US')} rows)` }),
  };
}
