import { decodeNumber, type ShardMap } from '@ordershard/shard-router';
import { checkNextEpoch, type NextEpoch, openNextEpoch } from '../epochs/open-next-epoch.ts';
import type { WeightWishes } from '../plan/wishes.ts';
import { announcer } from './announce.ts';
import type { ChangeFlags } from './command.ts';
import type { Change, ChangeOperation } from './operation.ts';
import { operatorName } from './operator-name.ts';

/** What `--in` is. */
export const IN_HELP = 'seconds until the epoch begins, from 65 to 86,400';

/** When the epoch of a number begins, as people read it. */
export function beginText(from: bigint): string {
  return `${new Date(decodeNumber(from).timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** When the newest epoch of a map begins. */
export const beginOf = ({ epochs }: ShardMap): string => beginText(BigInt(epochs.at(-1)!.from));

/** Opens the epoch that was planned, after all checks and the question, and announces its map; undefined on a dry run. */
export async function openAnnounced(
  { flags, cluster, settings, progress, change }: ChangeOperation<ChangeFlags & { readonly in: number }>,
  planned: NextEpoch,
  { wishes, ...asked }: Pick<Change, 'action' | 'question' | 'arguments'> & { readonly wishes: WeightWishes },
): Promise<ShardMap | undefined> {
  const by = operatorName(flags.by);
  const beginsInMs = flags.in * 1_000;
  await checkNextEpoch(cluster, { beginsInMs, by }, planned);
  const map = await change({ ...asked, takes: cluster.shards }, (steps) =>
    openNextEpoch(cluster, {
      beginsInMs,
      wishes,
      by,
      afterStep: ({ step, shard }) => {
        progress.say(`shard ${shard}: ${step}`);
        // Past the decision there is nothing to stop: the shards follow.
        if (step === 'noted' || step === 'prepared') steps.next('the epoch was decided: it is aborted');
      },
    }),
  );
  if (map !== undefined) await announcer(settings, (text) => progress.say(text))?.(map);
  return map;
}
