import { mintToken, type Namespace, type TokenClaims } from '@ordershard/stack';
import { percentile } from '../measure/percentile.ts';
import { median } from '../measure/statistics.ts';
import { API, ReadModelScene } from '../rebuild/scene.ts';
import { ApiCaller } from './api-caller.ts';
import { BulkCaller, type BulkOutcome, LINES } from './bulk-caller.ts';
import { MemberCaller, type MemberOutcome } from './member-caller.ts';

/** Whose bulk changes a member may feel: one with the rate of members, and one whose rate is not limited. */
export type Greedy = 'member' | 'operator';

/**
 * The most lines a second. Of an operator: all lines that are sent. Of a member: those that a rate of 100 points lets in,
 * plus a second's worth that may be spent beforehand.
 */
const LINES_PER_SECOND: Readonly<Record<Greedy, number>> = { operator: 5_000, member: 200 };

/** Lines of requests that are under way. */
const UNDER_WAY = 2_500;

/** Each order has two lines. */
const LINES_OF_ORDER = 2;

export interface NeighboursOptions {
  readonly namespace: Namespace;
  readonly greedy: readonly Greedy[];
  readonly rounds: number;
  readonly roundMs: number;
  readonly progress?: (message: string) => void;
}

/** Another member's latencies, milliseconds: medians of the rounds, and of the rounds' ratios beside ÷ calm. */
export interface Felt {
  readonly calm: Latency;
  readonly beside: Latency;
  readonly ratio: Latency;
  /** Requests of the other member that were not carried out, in all rounds, by status and type of problem. */
  readonly refused: Readonly<Record<'calm' | 'beside', Readonly<Record<string, number>>>>;
  /** In all rounds. */
  readonly bulk: BulkOutcome;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

interface Round {
  readonly calm: MemberOutcome;
  readonly beside: MemberOutcome;
  readonly bulk: BulkOutcome;
}

/** A member's requests, calm and beside a caller with 10 bulk changes of 500 lines a second, in rounds that take turns. */
export async function neighbours({
  namespace,
  greedy,
  rounds,
  roundMs,
  progress = () => undefined,
}: NeighboursOptions): Promise<Partial<Record<Greedy, Felt>>> {
  const scene = await ReadModelScene.create(namespace);
  const ends: (() => void)[] = [];
  try {
    const api = await scene.start(API, ['serve'], { ORDERSHARD_API_PORT: '0' });
    const callerAs = async (claims: TokenClaims) =>
      new ApiCaller(api.port, await mintToken({ ...claims, ttlSeconds: 7_200 }, namespace.env));
    const member = new MemberCaller(await callerAs({ role: 'member', subject: 'm-a' }));
    ends.push(() => member.close());
    const bulkCallers = new Map<Greedy, BulkCaller>();
    for (const role of greedy) {
      const lines = (LINES_PER_SECOND[role] * roundMs * (rounds + 1)) / 1_000 + UNDER_WAY;
      progress(`placing orders for a greedy ${role}`);
      const orders = await placed(scene, Math.ceil(lines / LINES_OF_ORDER / LINES) * LINES);
      const caller = new BulkCaller(await callerAs({ role, subject: 'm-1' }), orders);
      ends.push(() => caller.close());
      bulkCallers.set(role, caller);
    }

    const round = async (bulkCaller: BulkCaller): Promise<Round> => {
      const calm = await member.send(roundMs);
      const [beside, bulk] = await Promise.all([member.send(roundMs), bulkCaller.send(roundMs)]);
      return { calm, beside, bulk };
    };
    const played = new Map<Greedy, Round[]>(greedy.map((role) => [role, []]));
    // The first round warms up.
    for (let at = 0; at <= rounds; at += 1) {
      for (const [role, bulkCaller] of bulkCallers) {
        const one = await round(bulkCaller);
        progress(`beside a ${role}: ${JSON.stringify({ ...feltIn([one]), bulk: one.bulk })}`);
        if (at > 0) played.get(role)!.push(one);
      }
    }
    return Object.fromEntries([...played].map(([role, all]) => [role, feltIn(all)]));
  } finally {
    for (const end of ends) end();
    await scene.end();
  }
}

/** Orders of m-1. */
async function placed(scene: ReadModelScene, count: number): Promise<bigint[]> {
  const numbers: bigint[] = [];
  while (numbers.length < count) numbers.push(...(await scene.placeFor('m-1', LINES)));
  return numbers;
}

function feltIn(rounds: readonly Round[]): Felt {
  const latencies = rounds.map(({ calm, beside }) => ({ calm: latencyOf(calm), beside: latencyOf(beside) }));
  const medianOf = (of: (one: (typeof latencies)[number]) => number) => median(latencies.map(of));
  const sum = (of: (bulk: BulkOutcome) => number) => rounds.reduce((total, { bulk }) => total + of(bulk), 0);
  return {
    calm: { p50: medianOf(({ calm }) => calm.p50), p99: medianOf(({ calm }) => calm.p99) },
    beside: { p50: medianOf(({ beside }) => beside.p50), p99: medianOf(({ beside }) => beside.p99) },
    ratio: {
      p50: medianOf(({ calm, beside }) => beside.p50 / calm.p50),
      p99: medianOf(({ calm, beside }) => beside.p99 / calm.p99),
    },
    refused: {
      calm: byProblem(rounds.map(({ calm }) => calm)),
      beside: byProblem(rounds.map(({ beside }) => beside)),
    },
    bulk: {
      requests: sum(({ requests }) => requests),
      unsent: sum(({ unsent }) => unsent),
      refused: sum(({ refused }) => refused),
      linesDone: sum(({ linesDone }) => linesDone),
      linesFailed: sum(({ linesFailed }) => linesFailed),
    },
  };
}

function byProblem(outcomes: readonly MemberOutcome[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { refused } of outcomes)
    for (const [problem, count] of Object.entries(refused)) sums[problem] = (sums[problem] ?? 0) + count;
  return sums;
}

function latencyOf({ latencies }: MemberOutcome): Latency {
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
