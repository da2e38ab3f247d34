import { setTimeout as sleep } from 'node:timers/promises';
import { decodeNumber } from '@ordershard/shard-router';
import { checkOpen } from './fences.ts';
import type { Told } from './messages.ts';
import type { OrderClient } from './order-client.ts';
import { evidenceOfPosts, postAgain, postAtOnce, type PostedKey } from './posts.ts';
import { EARLY_MS, type EpochScene, NEW_SHARD, type PlaceOptions, TOO_FAST } from './scene.ts';

const BEGINS_IN_S = 65;
/** The code that callers get from a router that does not know the new shard. */
const UNKNOWN_SHARD = 'ROUTER_UNKNOWN_SHARD';
/** The run posts a key now and then, and once this long before the epoch begins. Milliseconds. */
const POST_BEFORE_MS = 40;
/** How long before the beginning a process is asked which map it has. */
const ASK_BEFORE_MS = 500;
/** Orders that a process is asked for at a time, and how often at the most: not so many that the day counts for more. */
const BATCH = 4;
const BATCH_EVERY_MS = 250;
/** No order has an idempotency key. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** What happened to a process or a key while an epoch began, and the proof of it; undefined without proof. */
export type Evidence = readonly [kind: string, evidence: string | undefined];

interface Opened {
  /** The first number of the epoch, decimal text. */
  readonly from: string;
  readonly 'map version': number;
}

/**
 * Opens an epoch with the command line, and lives its beginning at real speed. Every process places orders, and now and then
 * four of them post one key at once. One process hears of the new shard only afterwards.
 */
export async function openUnderLoad(scene: EpochScene): Promise<readonly Evidence[]> {
  const { store, crew, clock, plan, findings, assignments } = scene;
  const why = ['--yes', '--reason', 'shard 2 takes part'];
  const opened = await store.json<Opened>(['epoch', 'open', '--in', String(BEGINS_IN_S), ...why]);
  await scene.lookAtMap();
  const from = BigInt(opened.from);
  await checkOpen(scene.urls, from, 'the epoch that was opened', findings);
  const beginsMs = decodeNumber(from).timeMs;
  const endsMs = beginsMs + plan.windowMs[1];
  const left = (moment: number) => moment - clock.now().getTime();
  clock.jumpTo(new Date(beginsMs - plan.windowMs[0]));

  const onNewShard = (told: readonly Told[]) =>
    told
      .flatMap(({ orders }) => orders)
      .filter(({ number }) => BigInt(number) >= from && assignments.ownerOf(number) === NEW_SHARD).length;
  /** Places orders until the end of the window, and until `enough` accepts the answers. */
  const load = async (
    client: OrderClient,
    options: PlaceOptions = {},
    enough: (told: readonly Told[]) => boolean = () => true,
  ): Promise<readonly Told[]> => {
    const told: Told[] = [];
    while (left(endsMs) > 0 || !enough(told)) {
      const pause = sleep(BATCH_EVERY_MS);
      told.push(await scene.place(client, BATCH, options));
      await pause;
    }
    return told;
  };
  const posting = async (): Promise<readonly PostedKey[]> => {
    const posts: Promise<PostedKey>[] = [];
    while (left(endsMs) > 0) {
      posts.push(postAtOnce(scene));
      const wait = left(beginsMs - POST_BEFORE_MS);
      await sleep(wait > 0 ? Math.min(plan.postEveryMs, wait) : plan.postEveryMs);
    }
    return Promise.all(posts);
  };
  const versionOf = async (client: OrderClient, moment: number): Promise<number> => {
    await sleep(Math.max(0, left(moment)));
    return (await client.ask({ do: 'version' })).version;
  };
  // Keys would wait for the shards file: it cannot know where they were.
  const uninformed = load(crew.uninformed, { keyedEvery: NEVER }, (told) => refusals(told) > 0);
  const informing = async (): Promise<number> => {
    await uninformed;
    const version = await versionOf(crew.uninformed, endsMs);
    await scene.inform();
    return version;
  };
  const [unaware, early, tooFast, , posts, unawareVersion, uninformedVersion] = await Promise.all([
    load(crew.unaware, {}, (told) => onNewShard(told) > 0),
    load(crew.early),
    load(crew.tooFast, { allowed: [TOO_FAST] }),
    load(crew.informed),
    posting(),
    versionOf(crew.unaware, beginsMs - ASK_BEFORE_MS),
    informing(),
  ]);
  await postAgain(scene, posts);

  const before = early
    .flatMap(({ orders }) => orders)
    .filter(({ number, atMs }) => BigInt(number) >= from && atMs - EARLY_MS < beginsMs).length;
  const refused = tooFast.flatMap((told) => told.refused).length;
  const taken = tooFast.flatMap(({ orders }) => orders).length;
  const unknown = refusals(await uninformed);
  const newVersion = opened['map version'];
  return [
    [
      'a router that has not heard of the epoch',
      unawareVersion < newVersion && onNewShard(unaware) > 0
        ? `${ASK_BEFORE_MS} ms before the beginning it had version ${unawareVersion} of the map, not ${newVersion}; ${onNewShard(unaware)} orders of its went to shard ${NEW_SHARD} all the same`
        : undefined,
    ],
    [
      'a router that does not know the new shard',
      uninformedVersion < newVersion
        ? `after the beginning it had version ${uninformedVersion} of the map, not ${newVersion}, and was refused ${unknown} times with ${UNKNOWN_SHARD}`
        : undefined,
    ],
    [
      'a clock that is 4 s fast',
      before > 0 ? `${before} orders of the epoch were placed before it began` : undefined,
    ],
    [
      'a clock that is 10 s fast',
      refused > 0 && taken === 0
        ? `${refused} orders were refused with ${TOO_FAST}, none was taken`
        : undefined,
    ],
    ['one key posted across the beginning', evidenceOfPosts(posts, from, beginsMs)],
  ];
}

/** How often callers were refused because their router did not know a shard. */
function refusals(told: readonly Told[]): number {
  return told.reduce((sum, { again }) => sum + (again[UNKNOWN_SHARD] ?? 0), 0);
}
