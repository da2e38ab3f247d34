import { fileURLToPath } from 'node:url';
import { createNamespace, runProcess, serversOf, type Stack, startStack } from '@ordershard/stack';
import { Admin } from '@platformatic/kafka';
import { MongoClient } from 'mongodb';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { cpuMsOf } from '../measure/cpu.ts';
import { rounded } from '../measure/rounded.ts';
import { median } from '../measure/statistics.ts';
import { textTable } from '../measure/table.ts';
import { fillBacklog, type Mix } from './backlog.ts';
import { type ContenderName, CONTENDERS, type Outcome, type Task } from './contender.ts';

const EVENTS = 300_000;
const ROUNDS = 3;

/** The share of the backlog that the consumer of single messages is given: its rate counts. */
const PER_MESSAGE_SHARE = 1 / 15;

const CONTENDER_PROCESS = fileURLToPath(new URL('run-contender.ts', import.meta.url));

interface Figures {
  /** Median over the rounds. */
  readonly eventsPerSecond: number;
  /** CPU seconds for 1,000 events, of the contender's process, and of MongoDB's. */
  readonly cpuSeconds: number;
  readonly mongodbCpuSeconds: number;
}

/**
 * A backlog in Kafka on its way into views in MongoDB: our projector against consumers by hand. `count` is the number of
 * events; `rounds` that of each contender's, one after the other, so that what drifts on the machine hits all.
 */
export async function run({
  count: events = EVENTS,
  rounds = ROUNDS,
  only = CONTENDERS,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({ ephemeral: true, parts: ['kafka', 'mongodb'], onProgress: progress });
  try {
    const contenders = CONTENDERS.filter((name) => only.includes(name));
    const compare = (mix: Mix) => compareOn({ stack, mix, events, rounds, contenders, progress });
    const lives = await compare('lives');
    const distinct = await compare('distinct');
    const rate = (figures: Partial<Record<ContenderName, Figures>>, name: ContenderName) =>
      figures[name]?.eventsPerSecond ?? Number.NaN;
    const json = {
      events,
      rounds,
      ours: rate(lives, 'ours'),
      floor: rate(lives, 'floor'),
      floorGated: rate(lives, 'floorGated'),
      perMessage: rate(lives, 'perMessage'),
      ratioToFloor: rate(lives, 'ours') / rate(lives, 'floor'),
      ratioToGatedDistinct: rate(distinct, 'ours') / rate(distinct, 'floorGated'),
      ratioToPerMessage: rate(lives, 'ours') / rate(lives, 'perMessage'),
      lives,
      distinct,
    };
    return { table: tableOf({ lives, distinct }), json: rounded(json) };
  } finally {
    await stack.stop();
  }
}

interface Comparing {
  readonly stack: Stack;
  readonly mix: Mix;
  readonly events: number;
  readonly rounds: number;
  readonly contenders: readonly ContenderName[];
  readonly progress: (message: string) => void;
}

async function compareOn({ stack, mix, events, rounds, contenders, progress }: Comparing) {
  const { env } = await createNamespace(stack, 'bench');
  const brokers = env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
  const topicPrefix = env['ORDERSHARD_TOPIC_PREFIX']!;
  const mongoUrl = env['ORDERSHARD_MONGODB_URL']!;
  progress(`publishing ${events} events (${mix})`);
  const expected = await fillBacklog(brokers, `${topicPrefix}orders.snapshots`, mix, events);
  const outcomes: Partial<Record<ContenderName, (Outcome & { events: number; mongodbCpuMs: number })[]>> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const share = contender === 'perMessage' ? Math.ceil(events * PER_MESSAGE_SHARE) : events;
      const task: Task = { contender, brokers, topicPrefix, mongoUrl, events: share };
      const pid = serversOf(stack, 'mongodb')[0]?.pid;
      const before = pid === undefined ? Number.NaN : cpuMsOf(pid);
      const lines = await runProcess({ file: CONTENDER_PROCESS, args: [JSON.stringify(task)], env: {} });
      const mongodbCpuMs = pid === undefined ? Number.NaN : cpuMsOf(pid) - before;
      const outcome = lines.find(({ msg }) => msg === 'done') as unknown as Outcome;
      if (share === events) await requireViews(mongoUrl, expected, contender);
      await forget(brokers, topicPrefix, mongoUrl);
      (outcomes[contender] ??= []).push({ ...outcome, events: share, mongodbCpuMs });
      progress(`${mix}, ${contender}: ${((share / outcome.ms) * 1_000).toFixed(0)} events/s`);
    }
  }
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, some]): [string, Figures] => [
      name,
      {
        eventsPerSecond: median(some.map(({ events: dealt, ms }) => (dealt / ms) * 1_000)),
        cpuSeconds: median(some.map(({ events: dealt, cpuMs }) => cpuMs / dealt)),
        mongodbCpuSeconds: median(some.map(({ events: dealt, mongodbCpuMs }) => mongodbCpuMs / dealt)),
      },
    ]),
  ) as Partial<Record<ContenderName, Figures>>;
}

/** A contender that lost orders has no rate. */
async function requireViews(url: string, expected: number, contender: string): Promise<void> {
  const mongo = new MongoClient(url);
  const found = await mongo.db().collection('order_views').countDocuments();
  await mongo.close();
  if (found !== expected) throw new Error(`${contender} has stored ${found} views of ${expected}`);
}

/** Removes the views and the groups' offsets, so that the next round starts from nothing. */
async function forget(brokers: string[], prefix: string, url: string): Promise<void> {
  const mongo = new MongoClient(url);
  await mongo.db().dropDatabase();
  await mongo.close();
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: brokers });
  const groups = [...(await admin.listGroups({})).keys()].filter((group) => group.startsWith(prefix));
  if (groups.length > 0) await admin.deleteGroups({ groups });
  await admin.close();
}

function tableOf(mixes: Record<string, Partial<Record<ContenderName, Figures>>>): string {
  return textTable(
    ['contender', 'events/s', 'CPU s/1,000', 'of MongoDB'],
    Object.entries(mixes).flatMap(([mix, figures]) =>
      Object.entries(figures).map(([name, { eventsPerSecond, cpuSeconds, mongodbCpuSeconds }]) => [
        `${mix}: ${name}`,
        eventsPerSecond.toFixed(0),
        cpuSeconds.toFixed(4),
        mongodbCpuSeconds.toFixed(4),
      ]),
    ),
  );
}
