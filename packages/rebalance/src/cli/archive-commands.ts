import { runCommand } from '@ordershard/process';
import { shardsOfMap } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { describeArchive } from '../archive/describe-archive.ts';
import {
  type ArchiveCandidate,
  checkArchive,
  initArchive,
  type InitCluster,
} from '../archive/init-archive.ts';
import { checkForget, forgetArchive } from '../archive/forget-archive.ts';
import { queryArchive } from '../archive/query.ts';
import type { OperatorCluster } from '../cluster.ts';
import { clusterMap } from '../topology/cluster-map.ts';
import { archiveOption, dayText, readableArchive, requiredArchive, requiredStore } from './archive-option.ts';
import { type ChangeFlags, changeCommand, type CommonFlags, lookCommand } from './command.ts';
import { look, operate } from './operation.ts';
import { printedText } from './output.ts';

interface ArchiveFlag {
  readonly archive?: string;
}

interface QueryFlags extends CommonFlags, ArchiveFlag {
  readonly from?: string;
  readonly to?: string;
}

/** Adds `archive`. */
export function addArchiveCommands(program: Command): void {
  const archive = program
    .command('archive')
    .summary("make a place this cluster's archive, look at it, ask it in SQL")
    .description("Keeps this cluster's archive, and asks it. See docs/retention.md.");
  addInit(archive);
  addStatus(archive);
  addQuery(archive);
  addForget(archive);
}

function addInit(archive: Command): void {
  changeCommand(archive, {
    syntax: 'init',
    summary: "make a folder or a bucket this cluster's archive, and no other's",
    description:
      'The folder, or bucket, has to be there. Days are archived only where this was done. Safe to run again.\n' +
      "One that has days already is taken with --adopt, if all of them are this cluster's.",
    examples: [
      'archive init --archive /var/archive --yes',
      "archive init --archive 's3://orders/archive' --adopt --yes",
    ],
  })
    .addOption(archiveOption())
    .option('--adopt', 'take one that has days of this cluster, and does not say so yet', false)
    .action((flags: ChangeFlags & ArchiveFlag & { adopt: boolean }) =>
      operate(flags, async ({ cluster, print, change }) => {
        const store = await requiredStore(flags.archive);
        try {
          const members = await withMembers(cluster);
          const candidate = await checkArchive(store, members, flags.adopt);
          const owner = await change(
            {
              action: 'archive init',
              question: questionOf(candidate, members),
              arguments: { archive: store.url, adopt: flags.adopt },
            },
            () => initArchive(candidate, members, flags.by),
          );
          if (owner === undefined) return;
          const { archive: id, cluster: name } = owner;
          print({ facts: { archive: store.url, id, cluster: name, 'files of days': candidate.files } });
        } finally {
          await store.close();
        }
      }),
    );
}

function questionOf({ store, files, known }: ArchiveCandidate, { clusterId }: InitCluster): string {
  if (known) return `${store.url} is the archive of cluster ${clusterId}. Let all of its shards note that?`;
  const what = files === 0 ? 'which has no day yet' : `with its ${files} files of days`;
  return `Make ${store.url}, ${what}, the archive of cluster ${clusterId}?`;
}

/** The cluster with the shards of its map, and no database besides. */
async function withMembers(cluster: OperatorCluster): Promise<InitCluster> {
  const { clusterId, onShard } = cluster;
  return { clusterId, onShard, shards: shardsOfMap(await clusterMap(cluster)) };
}

function addStatus(archive: Command): void {
  lookCommand(archive, {
    syntax: 'status',
    summary: 'show whose the archive is, and from when to when it reaches',
  })
    .addOption(archiveOption())
    .action((flags: CommonFlags & ArchiveFlag) =>
      look(flags, async ({ cluster, print }) => {
        const store = await requiredArchive(flags.archive, cluster);
        try {
          const { owner, files, bytes, from, to, restored, erased } = await describeArchive(store);
          print({
            facts: {
              archive: store.url,
              id: owner.archive,
              cluster: owner.cluster,
              made: `${owner.madeAt.slice(0, 19).replace('T', ' ')} UTC by ${owner.madeBy}`,
              files,
              bytes,
              'first day': from,
              'last day': to,
              'orders restored': restored,
              'orders erased': erased,
            },
          });
        } finally {
          await store.close();
        }
      }),
    );
}

function addForget(archive: Command): void {
  changeCommand(archive, {
    syntax: 'forget',
    summary: 'let the shards forget an archive that is gone for good',
    description:
      'Its files stay where they are. Until then an erasure is not done before it has searched that archive as well.',
    examples: [
      'archive forget 0b9e3c1e-9d3b-4a56-8a3e-2f4e7f0c9a11 \\\n    --reason "the disk was destroyed" --yes',
    ],
  })
    .argument('<id>', 'of the archive, as `archive status` shows it')
    .action((id: string, flags: ChangeFlags) =>
      operate(flags, async ({ cluster, print, change }) => {
        const members = await withMembers(cluster);
        const known = await checkForget(members, id);
        const count = known.shards.length;
        const forgotten = await change(
          {
            action: 'archive forget',
            question: `Let ${count} ${count === 1 ? 'shard' : 'shards'} forget the archive ${id}, which was ${known.url}?`,
            arguments: { id, archive: known.url },
          },
          () => forgetArchive(members, known),
        );
        if (forgotten !== undefined) print({ facts: { archive: id, 'shards that knew it': forgotten } });
      }),
    );
}

function addQuery(archive: Command): void {
  lookCommand(archive, {
    syntax: 'query <sql>',
    summary: 'ask the archive in SQL, with DuckDB',
    description:
      'Each archived table is a view with the columns that it has on the shards, and `day` and `shard`. The files of the ' +
      'days asked for are copied to this machine first: name the days. Needs ORDERSHARD_CLUSTER, and no shard.',
    examples: [
      `archive query --from 2026-01-01 --to 2026-01-31 \\\n    "SELECT status, count(*) FROM orders GROUP BY status"`,
      `archive query "SELECT menu_id, sum(quantity) \\\n    FROM order_items JOIN orders USING (number) GROUP BY ALL"`,
    ],
  })
    .addOption(archiveOption())
    .option('--from <day>', 'the first UTC day, YYYY-MM-DD', dayText)
    .option('--to <day>', 'the last UTC day, YYYY-MM-DD', dayText)
    .action((sql: string, { archive: url, from, to, output }: QueryFlags) =>
      runCommand('shard-rebalance', async () => {
        const store = await readableArchive(url);
        try {
          const { rows } = await queryArchive(store, { sql, from, to });
          process.stdout.write(printedText({ rows, none: 'no rows', json: rows }, output));
        } finally {
          await store.close();
        }
      }),
    );
}
