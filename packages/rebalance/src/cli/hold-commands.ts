import { type Command, Option } from 'commander';
import { checkHold, checkRelease, holdNumber, type NumberHold, releaseNumber } from '../retention/hold.ts';
import { holdText } from '../retention/hold-owner.ts';
import { checkRestore, restoreNumber } from '../retention/restore.ts';
import { archiveOption, requiredArchive } from './archive-option.ts';
import { numberOf, textWithin } from './arguments.ts';
import { type ChangeFlags, changeCommand, MAX_NAME } from './command.ts';
import { operate } from './operation.ts';

type HoldFlags = ChangeFlags & { readonly heldBy?: string };

const heldByOption = () =>
  new Option('--held-by <name>', 'whose hold it is, where it is not your own').argParser(
    textWithin(MAX_NAME),
  );

/** Adds `hold`, `release` and `restore` to `retention`. */
export function addHoldCommands(retention: Command): void {
  changeCommand(retention, {
    syntax: 'hold',
    summary: 'keep an order on the shards, whatever its age, until it is released',
    description: 'The hold is yours (--by); --held-by takes over what somebody else holds.',
    examples: ['retention hold 240129874390089728 \\\n    --reason "dispute 4711" --yes'],
  })
    .argument('<number>', 'of the order', numberOf)
    .addOption(heldByOption())
    .action((number: bigint, flags: HoldFlags) => {
      return operate(flags, 'configured', async ({ cluster, print, change }) => {
        const found = await checkHold(cluster, number, flags);
        const shard = await change(
          {
            action: 'retention hold',
            question: holdQuestion(number, found, flags),
            arguments: { number, ...heldNow(found) },
          },
          () => holdNumber(cluster, number, whyOf(flags)),
        );
        if (shard !== undefined)
          print({ facts: { number: String(number), shard: String(shard), 'held by': flags.by } });
      });
    });
  changeCommand(retention, {
    syntax: 'release',
    summary: 'end the hold of an order: it goes with its day, or once it is final',
    description: 'A hold of somebody else is ended with --held-by only.',
    examples: ['retention release 240129874390089728 --held-by ann --yes'],
  })
    .argument('<number>', 'of the order', numberOf)
    .addOption(heldByOption())
    .action((number: bigint, flags: HoldFlags) => {
      return operate(flags, 'configured', async ({ cluster, print, change }) => {
        const found = await checkRelease(cluster, number, flags);
        const shard = await change(
          {
            action: 'retention release',
            question: `Release order ${number} on shard ${found.shard}, ${holdText(found.hold)}?`,
            arguments: { number, ...heldNow(found) },
          },
          () => releaseNumber(cluster, number, flags),
        );
        if (shard !== undefined)
          print({
            facts: {
              number: String(number),
              shard: String(shard),
              'held by': 'nobody',
              'was held by': found.hold.held_by,
            },
          });
      });
    });
  changeCommand(retention, {
    syntax: 'restore',
    summary: 'bring an order back from the archive, held, so that it can be changed',
    description: 'Release it afterwards: it is archived again, as it is then.',
    examples: [
      'retention restore 240129874390089728 \\\n    --archive /var/archive --reason "late refund" --yes',
    ],
  })
    .argument('<number>', 'of the order', numberOf)
    .addOption(archiveOption())
    .action((number: bigint, flags: ChangeFlags & { archive?: string }) => {
      return operate(flags, 'configured', async ({ cluster, print, change }) => {
        const store = await requiredArchive(flags.archive, cluster);
        try {
          await store.check();
          const { shard: owner, isThere } = await checkRestore(cluster, store, number);
          const shard = await change(
            {
              action: 'retention restore',
              question: isThere
                ? `Order ${number} was restored to shard ${owner} already. Note that in ${store.url} again?`
                : `Restore order ${number} from ${store.url} to shard ${owner}, and hold it?`,
              arguments: { number, archive: store.url },
            },
            () => restoreNumber(cluster, store, number, whyOf(flags)),
          );
          if (shard !== undefined)
            print({ facts: { number: String(number), shard: String(shard), restored: true } });
        } finally {
          await store.close();
        }
      });
    });
}

function holdQuestion(number: bigint, { shard, hold }: NumberHold, { by }: HoldFlags): string {
  const what = `order ${number} on shard ${shard}`;
  if (hold === undefined) return `Hold ${what}?`;
  return hold.held_by === by
    ? `Hold ${what}, ${holdText(hold)}, for another reason?`
    : `Take over ${what}, ${holdText(hold)}?`;
}

/** Who had the hold that is changed, and why, for the audit log. */
function heldNow({ hold }: NumberHold) {
  return hold === undefined ? {} : { heldBy: hold.held_by, heldFor: hold.reason };
}

function whyOf({ reason = '', by, heldBy }: HoldFlags) {
  return { reason, by, heldBy };
}
