import { type Command, InvalidArgumentError } from 'commander';
import { holdNumber, releaseNumber } from '../retention/hold.ts';
import { restoreNumber } from '../retention/restore.ts';
import { archiveOption, requiredStore } from './archive-option.ts';
import { type ChangeFlags, changeCommand } from './command.ts';
import { operate } from './operation.ts';

/** Reads a number of an order, or of whatever the numbers are of. */
function numberOf(text: string): bigint {
  if (/^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n) return BigInt(text);
  throw new InvalidArgumentError('a number is decimal, of 63 bits');
}

/** Adds `hold`, `release` and `restore` to `retention`. */
export function addHoldCommands(retention: Command): void {
  changeCommand(retention, {
    syntax: 'hold',
    summary: 'keep an order on the shards, whatever its age, until it is released',
    examples: ['retention hold 240129874390089728 --reason "dispute 4711" --yes'],
  })
    .argument('<number>', 'of the order', numberOf)
    .action((number: bigint, flags: ChangeFlags) => {
      return operate(flags, async ({ cluster, print, change }) => {
        const shard = await change(
          { action: 'retention hold', question: `Hold order ${number}?`, arguments: { number } },
          () => holdNumber(cluster, number, whyOf(flags)),
        );
        if (shard !== undefined) print({ facts: { number: String(number), shard, held: true } });
      });
    });
  changeCommand(retention, {
    syntax: 'release',
    summary: 'end the hold of an order: it goes with its day, or once it is final',
  })
    .argument('<number>', 'of the order', numberOf)
    .action((number: bigint, flags: ChangeFlags) => {
      return operate(flags, async ({ cluster, print, change }) => {
        const shard = await change(
          { action: 'retention release', question: `Release order ${number}?`, arguments: { number } },
          () => releaseNumber(cluster, number),
        );
        if (shard !== undefined) print({ facts: { number: String(number), shard, held: false } });
      });
    });
  changeCommand(retention, {
    syntax: 'restore',
    summary: 'bring an order back from the archive, held, so that it can be changed',
    description: 'Release it afterwards: it is archived again, as it is then.',
    examples: ['retention restore 240129874390089728 --archive /var/archive --reason "late refund" --yes'],
  })
    .argument('<number>', 'of the order', numberOf)
    .addOption(archiveOption())
    .action((number: bigint, flags: ChangeFlags & { archive?: string }) => {
      return operate(flags, async ({ cluster, print, change }) => {
        const store = await requiredStore(flags.archive);
        try {
          const shard = await change(
            {
              action: 'retention restore',
              question: `Restore order ${number} from ${store.url}?`,
              arguments: { number, archive: store.url },
            },
            () => restoreNumber(cluster, store, number, whyOf(flags)),
          );
          if (shard !== undefined)
            print({ facts: { number: String(number), shard, restored: true, held: true } });
        } finally {
          await store.close();
        }
      });
    });
}

function whyOf({ reason = '', by }: ChangeFlags) {
  return { reason, by };
}
