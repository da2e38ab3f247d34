import type { ToldOrder } from './messages.ts';
import type { EpochScene } from './scene.ts';

/** Requests at once under one key. */
export const POSTS = 100;

/** The answers to the requests under one key. */
export interface PostedKey {
  /** The index of its placement. */
  readonly index: number;
  /** True times, Unix time in milliseconds. */
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly answers: readonly ToldOrder[];
}

/** Posts one order {@link POSTS} times at once, under one key, through all processes whose numbers are taken. */
export async function postAtOnce(scene: EpochScene): Promise<PostedKey> {
  const { clock, journal, crew } = scene;
  const index = journal.take(1);
  const processes = [crew.informed, crew.unaware, crew.uninformed, crew.early];
  const askedMs = clock.now().getTime();
  const told = await Promise.all(
    processes.map((client) => client.ask({ do: 'post', index, times: POSTS / processes.length })),
  );
  const answeredMs = clock.now().getTime();
  for (const each of told) journal.note(each);
  return { index, askedMs, answeredMs, answers: told.flatMap(({ orders }) => orders) };
}

/** Posts keys again that were posted before, through each process. Each must return the order that its key got then. */
export async function postAgain({ journal, crew }: EpochScene, keys: readonly PostedKey[]): Promise<void> {
  const processes = [crew.informed, crew.unaware, crew.uninformed, crew.early];
  for (const { index } of keys)
    for (const told of await Promise.all(
      processes.map((client) => client.ask({ do: 'post', index, times: 1 })),
    ))
      journal.note(told);
}

/** What proves that keys were posted across the beginning of an epoch: one was under way then. */
export function evidenceOfPosts(
  keys: readonly PostedKey[],
  from: bigint,
  beginsMs: number,
): string | undefined {
  const across = keys.filter(({ askedMs, answeredMs }) => askedMs < beginsMs && answeredMs >= beginsMs);
  const whole = keys.every(({ answers }) => answers.length === POSTS);
  const later = keys.filter(({ answers }) => BigInt(answers[0]!.number) >= from).length;
  return whole && across.length > 0
    ? `${keys.length} keys, each posted ${POSTS} times at once by four processes; ${across.length} of them were under way when the epoch began; ${keys.length - later} orders are of the epoch before, ${later} of the new one`
    : undefined;
}
