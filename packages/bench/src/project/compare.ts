import { fileURLToPath } from 'node:url';
import { runProcess, serversOf, type Stack } from '@ordershard/stack';
import { Admin } from '@platformatic/kafka';
import { MongoClient } from 'mongodb';
import { cpuMsOf } from '../measure/cpu.ts';
import { median } from '../measure/statistics.ts';
import { type ContenderName, type Outcome, type Task, ZERO_CONTENDERS } from './contender.ts';
import { LIFE } from './sample-order.ts';

/** The share of the backlog that the consumer of single messages is given: its rate counts. */
const PER_MESSAGE_SHARE = 1 / 15;

const CONTENDER_PROCESS = fileURLToPath(new URL('run-contender.ts', import.meta.url));

export interface Figures {
  /** Median over the rounds. */
  readonly eventsPerSecond: number;
  /** CPU seconds for 1,000 events, of the contender's process, and of MongoDB's. */
  readonly cpuSeconds: number;
  readonly mongodbCpuSeconds: number;
}

export type FiguresOf = Partial<Record<ContenderName, Figures>>;

export interface Comparing {
  readonly stack: Stack;
  /** The contenders' task: where the backlog lies, and how long it is. */
  readonly scene: Omit<Task, 'contender'>;
  /** How many views the backlog comes to. */
  readonly orders: number;
  /** For people. */
  readonly mix: string;
  readonly rounds: number;
  readonly contenders: readonly ContenderName[];
  readonly progress: (message: string) => void;
}

/** Lets each contender project the backlog in each round, one after the other, from nothing each time. */
export async function compareOn({
  stack,
  scene,
  orders,
  mix,
  rounds,
  contenders,
  progress,
}: Comparing): Promise<FiguresOf> {
  const { brokers, topicPrefix, mongoUrl, events } = scene;
  const outcomes: Partial<Record<ContenderName, (Outcome & { events: number; mongodbCpuMs: number })[]>> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const share = contender === 'perMessage' ? Math.ceil(events * PER_MESSAGE_SHARE) : events;
      const task: Task = { ...scene, contender, events: share };
      const pid = serversOf(stack, 'mongodb')[0]?.pid;
      const before = pid === undefined ? Number.NaN : cpuMsOf(pid);
      const lines = await runProcess({ file: CONTENDER_PROCESS, args: [JSON.stringify(task)], env: {} });
      const mongodbCpuMs = pid === undefined ? Number.NaN : cpuMsOf(pid) - before;
      const outcome = lines.find(({ msg }) => msg === 'done') as unknown as Outcome;
      if (share === events) await requireViews(mongoUrl, orders, contender);
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
  ) as FiguresOf;
}

/** A contender that lost orders has no rate. Orders that were read from shards are at the end of their lives. */
async function requireViews(url: string, expected: number, contender: ContenderName): Promise<void> {
  const ended = ZERO_CONTENDERS.some((name) => name === contender) ? { version: LIFE } : {};
  const mongo = new MongoClient(url);
  const found = await mongo.db().collection('order_views').countDocuments(ended);
  await mongo.close();
  if (found !== expected) throw new Error(`${contender} has stored ${found} views of ${expected}`);
}

/** Removes the views and the groups' offsets, so that the next round starts from nothing. */
async function forget(brokers: readonly string[], prefix: string, url: string): Promise<void> {
  const mongo = new MongoClient(url);
  await mongo.db().dropDatabase();
  await mongo.close();
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...brokers] });
  const groups = [...(await admin.listGroups({})).keys()].filter((group) => group.startsWith(prefix));
  if (groups.length > 0) await admin.deleteGroups({ groups });
  await admin.close();
}
