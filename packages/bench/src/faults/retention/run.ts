import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { migrate } from '@ordershard/order-service';
import { openArchiveStore } from '@ordershard/rebalance/archive';
import { decodeNumber, shardsFromUrls } from '@ordershard/shard-router';
import { startStack, type Stack } from '@ordershard/stack';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { withoutUsersServers } from '../../own-servers.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { Tallies } from '../series.ts';
import type { DayResult, DayTask, KnownOrder } from './journal.ts';
import { settle } from './settle.ts';
import { type Places, Whereabouts } from './where.ts';

const CLUSTER = 'faults';
const DAY_MS = 86_400_000;
/** Days that are lived unless said otherwise. */
const DAYS = 40;
const RETENTION_DAYS = 30;
const SHARDS = 2;
/** Orders of a day: in its first part, and after the fault. */
const ORDERS = [20, 5] as const;
/** A run that takes a day off two shards says at least so many lines. */
const LINES = 14;
const DAY_PROCESS = fileURLToPath(new URL('./day-process.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../../../rebalance/src/bin.ts', import.meta.url));

/**
 * Lives day after day by a clock that jumps, in the processes and the databases alike: orders go their ways, are held,
 * refunded late, restored; each day retention runs, is killed with -9 somewhere, and runs again. Every evening each order
 * must be in exactly one of shard, carried-over and archive, with its last version. `days` days; fewer than 32 with a
 * retention of one day.
 */
export async function run({ days = DAYS, seed, mysql, progress }: FaultRunOptions): Promise<FaultResult> {
  const keepDays = days > RETENTION_DAYS + 1 ? RETENTION_DAYS : 1;
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const tallies = new Tallies();
  const folder = await mkdtemp(join(tmpdir(), 'ordershard-faults-archive-'));
  const stack = await startStack({
    ephemeral: true,
    env: withoutUsersServers(),
    parts: ['mysql'],
    shards: SHARDS,
    clock: true,
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  const archive = await openArchiveStore(folder);
  try {
    const urls = stack.env['ORDERSHARD_MYSQL_URLS']!.split(',');
    const shards = shardsFromUrls(urls);
    await migrate(CLUSTER, shards);
    const whereabouts = new Whereabouts(shards, archive, folder);
    let orders: readonly KnownOrder[] = [];
    const total = { refunds: 0, refused: 0, restored: 0 };
    const first = stack.clock!.now().getTime();
    for (let day = 0; day < days; day += 1) {
      if (day > 0) stack.clock!.jumpTo(new Date(Math.floor(first / DAY_MS + day) * DAY_MS + DAY_MS / 2));
      const live = async (place: number) => {
        const task: DayTask = {
          clusterId: CLUSTER,
          urls,
          archive: folder,
          keepDays,
          seed: random.between(0, 2 ** 31),
          place,
          orders,
        };
        const result = await liveDay(stack, task);
        orders = result.orders;
        for (const { number, detail } of result.wrong) findings.add('lost', number, detail);
        total.refunds += result.refunds;
        total.refused += result.refused;
        total.restored += result.restored;
        await settle(shards);
      };
      await live(ORDERS[0]);
      const due = day > keepDays;
      if (due) {
        const line = random.between(1, LINES + 1);
        const evidence = await retain(stack, urls, folder, keepDays, line);
        tallies.add('kill -9 of retention', evidence);
        await live(ORDERS[1]);
      }
      const ended = await retain(stack, urls, folder, keepDays);
      if (ended !== undefined) findings.add('lost', `day ${day}`, `retention ended with ${ended}`);
      compare(orders, await whereabouts.look(), stack.clock!.now().getTime(), keepDays, findings);
      progress(`day ${day + 1} of ${days}: ${orders.length} orders`);
    }
    const places = summary(await whereabouts.look());
    return resultOf(tallies, findings, {
      summary: `${days} days, ${orders.length} orders: ${places}; ${total.refunds} refunds, ${total.refused} came too late, ${total.restored} orders restored for them`,
      redelivered: 0,
    });
  } finally {
    await archive.close();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const nodeArguments = (file: string) => ['--conditions=source', '--no-warnings', file];

async function liveDay(stack: Stack, task: DayTask): Promise<DayResult> {
  const child = spawn(process.execPath, nodeArguments(DAY_PROCESS), {
    env: { ...process.env, ...stack.clock!.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [output, errors] = [textOf(child.stdout), textOf(child.stderr)];
  child.stdin.end(JSON.stringify(task));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`a day ended with ${code}: ${(await errors).slice(-2_000)}`);
  return JSON.parse(await output) as DayResult;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk as string;
  return text;
}

/**
 * Runs retention as an operator does; killed with -9 after so many lines of its progress, if said.
 *
 * @returns what it said last when it was killed or failed; undefined when it came to its end
 */
async function retain(
  stack: Stack,
  urls: readonly string[],
  archive: string,
  keepDays: number,
  killAfter = Infinity,
): Promise<string | undefined> {
  const child = spawn(
    process.execPath,
    [
      ...nodeArguments(CLI),
      'retention',
      'run',
      '--yes',
      '--keep-days',
      String(keepDays),
      '--archive',
      archive,
      '--output',
      'json',
    ],
    {
      env: {
        ...process.env,
        ...stack.clock!.env,
        ORDERSHARD_MYSQL_URLS: urls.join(','),
        ORDERSHARD_CLUSTER: CLUSTER,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = textOf(child.stdout);
  let lines = 0;
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines += 1;
    last = line;
    if (lines === killAfter) child.kill('SIGKILL');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (killAfter < Infinity) return signal === 'SIGKILL' ? `after "${last}"` : undefined;
  return code === 0 ? undefined : `status ${code}: ${last} ${(await output).slice(0, 1_000)}`;
}

/** Whether each order is in one place, the right one for its age, with its last version. */
function compare(
  orders: readonly KnownOrder[],
  places: Places,
  nowMs: number,
  keepDays: number,
  findings: Findings,
): void {
  const oldest = Math.floor(nowMs / DAY_MS) - keepDays;
  for (const { number, version } of orders) {
    const found = places.get(number) ?? [];
    const where = found.map(({ where: place, version: v }) => `${place} at ${v}`).join(', ');
    if (found.length === 0) findings.add('lost', number, `is nowhere, was at version ${version}`);
    if (found.length > 1) findings.add('duplicated', number, `is in ${where}`);
    if (found.some((place) => place.version !== version))
      findings.add('mismatched', number, `is in ${where}, was acknowledged at ${version}`);
    const day = Math.floor(decodeNumber(BigInt(number)).timeMs / DAY_MS);
    for (const { place } of found) {
      if ((place === 'shard') !== day >= oldest)
        findings.add(
          'mismatched',
          number,
          `of day ${day} is in ${where}, where ${oldest} is the oldest to be kept`,
        );
    }
  }
  const known = new Set(orders.map(({ number }) => number));
  for (const [number, found] of places)
    if (!known.has(number))
      findings.add('duplicated', number, `is in ${found[0]!.where}, and nobody placed it`);
}

function summary(places: Places): string {
  const counts = new Map<string, number>();
  for (const [first] of places.values()) counts.set(first!.place, (counts.get(first!.place) ?? 0) + 1);
  return [...counts].map(([place, count]) => `${count} ${place}`).join(', ');
}
