import { runCommand, SettingsError, userName } from '@ordershard/process';
import { openMongoClient } from '@ordershard/process/mongodb';
import { connectShardRouter } from '@ordershard/shard-router';
import { type Command, InvalidArgumentError } from 'commander';
import { openArchiveOf } from '../archive/open-archived-orders.ts';
import { readCommandSettings } from '../settings.ts';
import { eraseMember, type ErasureProof, isErased } from './erase-member.ts';

interface EraseOptions {
  readonly member: string;
  readonly reason: string;
  readonly by: string;
  /** False when the operator says with `--no-archive` that there is no archive. */
  readonly archive: boolean;
  readonly json?: boolean;
}

function memberId(text: string): string {
  if (/^[\x21-\x7e]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('it is 1 to 64 visible ASCII characters');
}

/** Adds `erase`. */
export function addEraseCommand(program: Command): void {
  program
    .command('erase')
    .description(
      "erase a member's personal data from shards, events, answers, views and archive, and prove it",
    )
    .requiredOption('--member <id>', 'whose', memberId)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who', userName())
    .option('--no-archive', 'there is no archive; otherwise ORDERSHARD_ARCHIVE_URL says where it is')
    .option('--json', 'the proof as JSON')
    .action((options: EraseOptions) => runCommand('order-service', () => erase(options)));
}

/** Erases, prints the proof, and sets exit code 1 when it does not prove that nothing is left. */
async function erase({ member, reason, by, archive: hasArchive, json }: EraseOptions): Promise<void> {
  const { cluster, shards, mongoUrl, archiveUrl } = readCommandSettings(process.env);
  if (hasArchive && archiveUrl === undefined) {
    const message = 'is not set: say where the archive is, or that there is none, with --no-archive';
    throw new SettingsError([{ setting: 'ORDERSHARD_ARCHIVE_URL', message }]);
  }
  const router = await connectShardRouter({ clusterId: cluster, ...shards, numbers: false });
  const mongo = openMongoClient(mongoUrl, { appName: 'order-service erase' });
  const archive = hasArchive ? await openArchiveOf(archiveUrl!, cluster, router) : undefined;
  try {
    await archive?.check();
    const proof = await eraseMember(
      {
        router,
        shards: shards.shards,
        db: mongo.db(),
        archive,
        source: `/ordershard/${cluster}/orders`,
      },
      { memberId: member, by, reason },
    );
    process.stdout.write(json === true ? `${JSON.stringify(proof)}\n` : textOf(proof));
    if (!isErased(proof)) process.exitCode = 1;
  } finally {
    await archive?.close();
    await mongo.close();
    await router.close();
  }
}

function textOf(proof: ErasureProof): string {
  const { memberId: member, orders, events, keys, views, archived, left, notSearched } = proof;
  const lines = [
    `Erasure ${proof.id} of member ${member}, by ${proof.by}: ${proof.reason}`,
    `  orders    ${orders.found} found, ${orders.erased} erased, ${orders.leftOver} rows left over by moves erased`,
    `  events    ${events.rewritten} rewritten, ${events.deleted} deleted`,
    `  answers   ${keys} rewritten`,
    `  views     ${views} erased`,
    `  archive   ${archived === null ? 'none' : `${archived} marked as erased`}`,
    `Searched afterwards: ${left.orders} orders, ${left.events} events, ${left.keys} answers, ${left.views} views, ${left.archived} archived`,
    ...(orders.closing.length === 0
      ? []
      : [
          `Days that are being closed hold ${orders.closing.join(', ')}: run it again when they are archived`,
        ]),
    ...notSearched.shards.map(
      (shard) => `Not searched: shard ${shard} of the cluster, which is not configured here`,
    ),
    ...notSearched.archives.map(
      (url) => `Not searched: the archive ${url}, which the shards know (ORDERSHARD_ARCHIVE_URL)`,
    ),
    isErased(proof) ? 'Nothing is left.' : 'It is not proved that nothing is left: run it again.',
  ];
  return `${lines.join('\n')}\n`;
}
