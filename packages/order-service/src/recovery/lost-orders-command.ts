import { runCommand, SettingsError } from '@ordershard/process';
import { openMongoClient } from '@ordershard/process/mongodb';
import { connectShardRouter, openShardSessions } from '@ordershard/shard-router';
import { type Command, InvalidArgumentError } from 'commander';
import { readCommandSettings } from '../settings.ts';
import { type LostOrder, lostOrders } from './lost-orders.ts';
import { type Reinserted, reinsertOrder } from './reinsert-order.ts';

interface LostOrdersOptions {
  readonly shard?: number;
  readonly reinsert?: boolean;
  readonly json?: boolean;
}

/** As `read-model verify` ends when something differs. */
const EXIT_LOST = 3;

function shardId(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) < 1_024) return Number(text);
  throw new InvalidArgumentError('it is a whole number from 0 to 1023');
}

/** Adds `lost-orders`. */
export function addLostOrdersCommand(program: Command): void {
  program
    .command('lost-orders')
    .description(
      'list the orders that their views have, and their shard has not, or in an older version, as after a restore; ends with 3 when ' +
        'some stay lost. Let the projectors catch up first, and stop `read-model verify` that repairs',
    )
    .option('--shard <id>', 'the orders of one shard only', shardId)
    .option('--reinsert', 'bring them back as their views have them; the shard must be recovered')
    .option('--json', 'a JSON object a line')
    .action((options: LostOrdersOptions) => runCommand('order-service', () => run(options)));
}

async function run({ shard, reinsert = false, json = false }: LostOrdersOptions): Promise<void> {
  const { cluster, shards, mongoUrl } = readCommandSettings(process.env);
  if (shard !== undefined && shards.shards.every(({ id }) => id !== shard)) {
    const message = `shard ${shard} is not among the configured ones`;
    throw new SettingsError([{ setting: '--shard', message }]);
  }
  const router = await connectShardRouter({ clusterId: cluster, ...shards, numbers: false });
  const sessions = openShardSessions(shards.shards);
  const mongo = openMongoClient(mongoUrl, { appName: 'order-service lost-orders' });
  const counts = { lost: 0, older: 0, reinserted: 0, there: 0, 'too old': 0 };
  try {
    for await (const lost of lostOrders({ router, sessions, db: mongo.db() }, shard)) {
      counts[lost.versionOnShard === undefined ? 'lost' : 'older'] += 1;
      const became = reinsert
        ? await reinsertOrder(router, lost, `/ordershard/${cluster}/orders`)
        : undefined;
      if (became !== undefined) counts[became] += 1;
      process.stdout.write(`${json ? jsonOf(lost, became) : textOf(lost, became)}\n`);
    }
    process.stdout.write(json ? `${JSON.stringify(counts)}\n` : `${summaryOf(counts, reinsert)}\n`);
    if (counts.lost + counts.older > counts.reinserted + counts.there) process.exitCode = EXIT_LOST;
  } finally {
    await mongo.close();
    await sessions.close();
    await router.close();
  }
}

function textOf({ snapshot, versionOnShard }: LostOrder, became: Reinserted | undefined): string {
  const { number, version, status, memberId } = snapshot;
  const there = versionOnShard === undefined ? 'not there' : `there at ${versionOnShard}`;
  return `${number}  version ${version}, ${there}  ${status}  ${memberId}${became === undefined ? '' : `  ${became}`}`;
}

function jsonOf({ snapshot, versionOnShard }: LostOrder, became: Reinserted | undefined): string {
  const { number, version, status, memberId } = snapshot;
  return JSON.stringify({
    number,
    version,
    versionOnShard: versionOnShard ?? null,
    status,
    memberId,
    became,
  });
}

function summaryOf(
  { lost, older, reinserted, there, 'too old': tooOld }: Record<Reinserted | 'lost' | 'older', number>,
  reinsert: boolean,
): string {
  const found = `${lost} orders are not there, ${older} are there in an older version`;
  if (!reinsert) return `${found}. Next, once the shard is recovered: the same with --reinsert`;
  return `${found}: ${reinserted} brought back, ${there} were back already, ${tooOld} are past what can be written`;
}
