import { busTopic, joinEventBus } from '@ordershard/event-bus';
import { createLogger, runCommand, userName } from '@ordershard/process';
import { connectShardRouter } from '@ordershard/shard-router';
import { type Command, InvalidArgumentError } from 'commander';
import { changeInflow, checkInflowOrder } from './change-inflow.ts';
import { InvalidInflowError } from './errors.ts';
import { type InflowChange, type InflowLimit, scopeOf } from './inflow-change.ts';
import { inflowChanged } from './inflow-event.ts';
import { ShardInflow } from './shard-inflow.ts';
import { readInflowSettings } from '../settings.ts';

interface ScopeOptions {
  readonly shop?: string;
  readonly region?: string;
}

interface ChangeOptions extends ScopeOptions {
  readonly reason: string;
  readonly by: string;
}

interface SetOptions extends ChangeOptions {
  readonly share?: number;
  readonly rate?: number;
  readonly instances: number;
  readonly for: number;
}

/** How long the command waits for its place on the bus, milliseconds. */
const JOIN_MS = 15_000;
const LOOK_MS = 20;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) throw new InvalidArgumentError('such as 90s, 30m or 2h');
  return Number(count) * UNITS[unit]!;
}

function share(text: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  const value = percent === undefined ? Number(text) : Number(percent) / 100;
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('it is from 0 to 1, or from 0% to 100%');
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('it is a number of 0 or more');
}

function instances(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it is a whole number above 0');
}

/** Adds `inflow set | lift | show`. */
export function addInflowCommands(program: Command): void {
  const inflow = program
    .command('inflow')
    .description('how many new orders every instance of the API lets in');
  const scoped = (command: Command) =>
    command
      .option('--shop <id>', 'of one shop alone; of all, when neither is given')
      .option('--region <city>', 'of one city of delivery alone');
  const change = (command: Command) =>
    scoped(command)
      .requiredOption('--reason <text>', 'why; callers who are refused read it')
      .option('--by <name>', 'who', userName());

  change(inflow.command('set').description('lets in a share or a rate of the new orders; the others get 429'))
    .option('--share <0…1>', 'this share of them, such as 0.5 or 50%', share)
    .option('--rate <n>', 'so many a second, over all instances', positive)
    .option('--instances <n>', 'how many instances share the rate', instances, 1)
    .option('--for <time>', 'how long, up to 24h, such as 30m', duration, UNITS['h']!)
    .action((options: SetOptions) => run(() => announce(options, limitOf(options), options.for)));

  change(inflow.command('lift').description('lets in all again')).action((options: ChangeOptions) =>
    run(() => announce(options, null, UNITS['h']!)),
  );

  inflow
    .command('show')
    .description('what holds now, and who has changed it')
    .option('--history <n>', 'how many changes', instances, 20)
    .option('--json', 'as JSON')
    .action((options: { readonly history: number; readonly json?: boolean }) => run(() => show(options)));
}

function run(work: () => Promise<void>): Promise<void> {
  return runCommand('order-service', work);
}

function limitOf({ share: part, rate, instances: count }: SetOptions): InflowLimit {
  if ((part === undefined) === (rate === undefined))
    throw new InvalidInflowError('give either --share or --rate');
  return part === undefined ? { perSecond: rate! / count } : { share: part };
}

async function announce(options: ChangeOptions, limit: InflowLimit | null, forMs: number): Promise<void> {
  const { cluster, brokers, prefix, replication, shards } = readInflowSettings(process.env);
  const scope = scopeOf(options);
  const asked = { scope, limit, by: options.by, reason: options.reason, forMs };
  checkInflowOrder(asked);
  const log = createLogger('inflow', process.env['ORDERSHARD_LOG_LEVEL'] ?? 'warn');
  const router = await connectShardRouter({ clusterId: cluster, ...shards, numbers: false });
  const bus = joinEventBus({
    brokers,
    topic: busTopic(prefix),
    replication,
    server: 'inflow',
    id: String(process.pid),
    events: [inflowChanged],
    log,
  });
  try {
    const until = performance.now() + JOIN_MS;
    while (bus.problem !== undefined && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { change, notTold } = await changeInflow({ router, bus, clusterId: cluster }, asked);
    process.stdout.write(`${textOf(change)}\n`);
    if (notTold !== undefined) {
      process.stderr.write(
        `It is stored, and was not told over the event bus (${notTold.message}): every instance finds it on the shards within some seconds.\n`,
      );
    }
  } finally {
    await bus.close();
    await router.close();
  }
}

async function show({ history, json }: { readonly history: number; readonly json?: boolean }): Promise<void> {
  const { cluster, shards } = readInflowSettings(process.env);
  const router = await connectShardRouter({ clusterId: cluster, ...shards, numbers: false });
  try {
    const store = new ShardInflow(router);
    const now = new Date((await store.state()).nowMs).toISOString();
    const limits = (await store.last()).filter(({ limit, until }) => limit !== null && until > now);
    const changes = await store.history(history);
    if (json === true) {
      process.stdout.write(`${JSON.stringify({ limits, changes })}\n`);
      return;
    }
    process.stdout.write(limits.length === 0 ? 'All orders are let in.\n' : 'Limits that hold now:\n');
    for (const change of limits) process.stdout.write(`  ${textOf(change)}\n`);
    if (changes.length > 0) process.stdout.write('Changes, the last one first:\n');
    for (const change of changes) process.stdout.write(`  ${change.at}  ${textOf(change)}\n`);
  } finally {
    await router.close();
  }
}

function textOf({ scope, limit, by, reason, until }: InflowChange): string {
  if (limit === null) return `${scope}: lifted, by ${by}: ${reason}`;
  const what =
    'share' in limit
      ? `${Number((limit.share * 100).toFixed(2))} % of the orders`
      : `${limit.perSecond} orders a second and instance`;
  return `${scope}: ${what} until ${until}, by ${by}: ${reason}`;
}
