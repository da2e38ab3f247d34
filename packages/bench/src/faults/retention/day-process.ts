import { changeOrder, type ChangeOrder, placeOrder, STEPS, TABLES } from '@ordershard/order-service';
import { holdNumber, openCluster, releaseNumber, restoreNumber } from '@ordershard/rebalance';
import { knowsArchive, openArchive } from '@ordershard/rebalance/archive';
import { connectShardRouter, decodeNumber, shardsFromEnv } from '@ordershard/shard-router';
import { Seeded } from '../seeded.ts';
import type { DayResult, DayTask, KnownOrder } from './journal.ts';
import { CALLER, partsOf, REQUEST } from './ordering.ts';

// The process that lives a part of a day, by the clock that it gets. It places orders, takes them further, holds them,
// refunds them late and restores them. It reads its task from standard input, and writes what it did to standard output.

const STATES = ['created', 'paid', 'accepted', 'cooking', 'ready', 'dispatched', 'picked_up', 'delivered'];
const WHY = { reason: 'faults', by: 'faults' };
/** Answers to a change of an order that is past its retention. */
const TOO_LATE = new Set(['ORDER_ARCHIVED', 'ORDER_NOT_FOUND']);

let text = '';
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk as string;
const task = JSON.parse(text) as DayTask;
const random = new Seeded(task.seed);
const { shards } = shardsFromEnv(process.env);
const clusterId = process.env['ORDERSHARD_CLUSTER']!;
const router = await connectShardRouter({ clusterId, shards });
const cluster = openCluster({ clusterId, shards, application: { TABLES } });
const archive = await openArchive(task.archive, {
  clusterId,
  knows: (id) => knowsArchive(cluster, id),
});
const parts = partsOf(router);

const orders = new Map<string, KnownOrder>(task.orders.map((order) => [order.number, { ...order }]));
const wrong: { number: string; detail: string }[] = [];
let [refunds, refused, restored, later] = [0, 0, 0, 0];

const isOld = ({ number }: KnownOrder) =>
  decodeNumber(BigInt(number)).timeMs < Date.now() - task.keepDays * 86_400_000;

/** Whether an answer says "later", and may: writes of a bucket wait at its switch, for long where the mover was killed there. */
function isLater(error: unknown): boolean {
  const said = task.moving && (error as { retryable?: boolean }).retryable === true;
  if (said) later += 1;
  return said;
}

type Answer = 'done' | 'too late' | 'later';

async function change(order: KnownOrder, command: ChangeOrder): Promise<Answer> {
  try {
    const { snapshot } = await changeOrder(parts, BigInt(order.number), command, { caller: CALLER });
    order.version = snapshot.version;
    order.status = snapshot.status;
    return 'done';
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (isLater(error)) return 'later';
    if (!TOO_LATE.has(code ?? '') || !isOld(order))
      wrong.push({
        number: order.number,
        detail: `${command.type} from ${order.status}: ${code}: ${message}`,
      });
    return 'too late';
  }
}

/** Holds, releases and restores may be refused while a day is on its way out; nothing else may happen. */
async function operator(order: KnownOrder, act: (number: bigint) => Promise<unknown>): Promise<boolean> {
  try {
    await act(BigInt(order.number));
    return true;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== 'REBALANCE_HOLD_REFUSED' && !isLater(error))
      wrong.push({ number: order.number, detail: `${code}: ${message}` });
    return false;
  }
}

async function place(): Promise<void> {
  try {
    const { snapshot } = await placeOrder(parts, REQUEST, { caller: CALLER });
    const { number, version, status } = snapshot;
    orders.set(number, { number, version, status, held: false, stuck: random.chance(0.08) });
  } catch (error) {
    if (!isLater(error)) throw error;
  }
}

/** A late refund: of an order that has been archived after it was restored. */
async function refund(order: KnownOrder): Promise<void> {
  const late = { type: 'refund', by: 'operator', reason: 'late' } as const;
  let answer = await change(order, late);
  if (answer === 'too late') {
    refused += 1;
    if (await operator(order, (number) => restoreNumber(cluster, archive, number, WHY))) {
      restored += 1;
      order.held = true;
      answer = await change(order, late);
    }
  }
  if (answer === 'done') refunds += 1;
}

async function goOn(order: KnownOrder): Promise<void> {
  const step = STATES.indexOf(order.status);
  if (step >= 0 && step < STEPS.length) {
    // A stuck one goes on for a while, and is cancelled after a long time, paid or not.
    const last = order.stuck ? Math.min(step, 2) : STEPS.length;
    if (order.stuck && isOld(order) && random.chance(0.2) && step < 5) {
      await change(order, { type: 'cancel', by: 'operator', reason: 'stuck' });
    } else if (random.chance(0.85)) {
      for (let at = step; at < last; at += 1)
        if ((await change(order, { type: STEPS[at]!, by: 'service' })) !== 'done') break;
    } else if (step < 3 && random.chance(0.3))
      await change(order, { type: 'cancel', by: 'operator', reason: 'test' });
  } else if (order.status === 'cancelled' && order.version > 2 && random.chance(0.3)) {
    const answer = await change(order, { type: 'refund', by: 'operator', reason: 'test' });
    if (answer === 'done') refunds += 1;
  } else if (order.status === 'delivered' && random.chance(0.02)) await refund(order);
  if (order.held && random.chance(0.1)) {
    if (await operator(order, (number) => releaseNumber(cluster, number, WHY))) order.held = false;
  } else if (!order.held && random.chance(0.01)) {
    if (await operator(order, (number) => holdNumber(cluster, number, WHY))) order.held = true;
  }
}

for (let i = 0; i < task.place; i += 1) await place();
for (const order of orders.values()) await goOn(order);

const result: DayResult = { orders: [...orders.values()], wrong, refunds, refused, restored, later };
process.stdout.write(JSON.stringify(result));
await router.close();
await cluster.close();
await archive.close();
