import { until } from '../until.ts';
import type { Ownership } from '../write/check/ownership.ts';
import { refused, said, toItsEnd } from './commands.ts';
import { Laps } from './laps.ts';
import { publishedVersions, untilProjected } from './published.ts';
import { firstOutboxIdsAbove, newestOutboxIds, ownershipOf, versionsOfOwners } from './rows-of.ts';
import type { OperatorScene } from './scene.ts';
import { ServerBackup } from './server-backup.ts';

/** How many orders a shard has to place between its backup and its crash: many every second time. */
const LEAST_LOST = { many: 110, few: 20 } as const;
/** Requests that are answered after the relay has stopped. */
const UNPUBLISHED = 60;
const PATIENCE_MS = 240_000;

export interface RestoreOptions {
  /** Whether the shard gives buckets away, and gets some, between the backup and the crash. */
  readonly moves?: boolean;
  /** Whether the shard's last events are not published when it crashes. */
  readonly unpublished?: boolean;
  /** Whether commands with a wrong clock recover the shard. */
  readonly wrongClock?: boolean;
}

/**
 * A shard's server is lost, and comes back from a backup. Nobody uses it until it is recovered. Then it lacks what it had
 * committed after the backup and not published, and nothing else. It gives out new ids above all that it had given before.
 */
export async function restoreShard(
  scene: OperatorScene,
  { moves = false, unpublished = false, wrongClock = false }: RestoreOptions,
): Promise<string | undefined> {
  const { crew, store, random, restores } = scene;
  const laps = new Laps();
  const shard = random.between(0, store.handles.length);
  const least = LEAST_LOST[restores.length % 2 === 0 ? 'many' : 'few'];
  await crew.pause();
  const before = new Map([...crew.journal.orders.keys()].map((number) => [number, crew.versionOf(number)]));
  const atBackup = await ownershipOf(store.urls);
  const idsAtBackup = await newestOutboxIds(store.urls[shard]!);
  const backup = await ServerBackup.of(store.handles[shard]!);
  laps.lap('backup');
  try {
    crew.goOn();
    crew.pace('work');
    if (moves) await moveSome(scene, shard);
    await placedOn(scene, shard, before, least);
    if (unpublished) {
      process.kill(scene.relay.pid, 'SIGSTOP');
      const answered = crew.answered;
      await until('some more to be answered', () => crew.answered >= answered + UNPUBLISHED, PATIENCE_MS);
    }
    crew.pace('ease');
    await crew.pause();
    const ownership = await ownershipOf(store.urls);
    const idsAtCrash = await newestOutboxIds(store.urls[shard]!);
    const since = [...crew.journal.orders.keys()].filter(
      (number) => crew.versionOf(number) > (before.get(number) ?? 0),
    );
    const changed = since.filter((number) => ownership.ofNumber(number) === shard);
    const isChanged = new Set(changed);
    // Of the orders that have moved away, the shard had events and keys, and no more.
    for (const number of since)
      if (atBackup.ofNumber(number) === shard && !isChanged.has(number))
        scene.touched.set(number, { least: undefined, most: 0 });
    crew.forget((number) => isChanged.has(number));
    laps.lap('writing');
    const { before: pid, after } = await backup.restore();
    if (unpublished) process.kill(scene.relay.pid, 'SIGCONT');
    laps.lap('restore');

    const served = servedBy(scene, shard, ownership);
    crew.goOn();
    const behind = await refused(scene, commandsFor(scene, shard));
    served.end();
    laps.lap('refusals');
    const clock = wrongClock ? scene.wrongClock() : undefined;
    const recovered = await recover(scene, shard, clock?.env);
    laps.lap('recovery');
    const counts = await listAndBringBack(scene, changed, before);
    await idsGoOn(scene, shard, idsAtBackup, idsAtCrash);
    laps.lap('listing');
    const lost = changed.filter((number) => !before.has(number)).length;
    const landed = behind !== undefined && recovered && pid !== undefined && after !== pid && lost >= least;
    if (!landed) return undefined;
    restores.push({ lost, ...counts });
    return (
      `shard ${shard}: process ${pid} is gone, ${after} has its backup${clock === undefined ? '' : `, recovered by a clock that is ${clock.text}`}; ` +
      `${lost} orders were placed since, ${changed.length} had changed, ${counts.listed} were listed of ${counts.published} that were published (${laps.text})`
    );
  } finally {
    crew.pace('ease');
    await backup.end();
  }
}

/** Commands that have to be refused while a shard is behind: two of them each time. */
function commandsFor({ random }: OperatorScene, shard: number): readonly (readonly string[])[] {
  const all = [['plan'], ['verify'], ['run', '--empty', String(shard), '--yes'], ['epoch', 'open', '--yes']];
  return random.shuffled(all).slice(0, 2);
}

/** Adds a finding for each answer that only a shard which is behind can have given. */
function servedBy(
  { crew, findings }: OperatorScene,
  shard: number,
  ownership: Ownership,
): { readonly end: () => void } {
  crew.onAnswer = (number) => {
    if (ownership.ofNumber(number) === shard)
      findings.add('misjudged', number, `shard ${shard} served it, restored and not recovered`);
  };
  return { end: () => (crew.onAnswer = undefined) };
}

async function placedOn(
  { crew, store }: OperatorScene,
  shard: number,
  before: ReadonlyMap<string, number>,
  least: number,
): Promise<void> {
  const ownership = await ownershipOf(store.urls);
  const placed = new Set<string>();
  let next = crew.placed.findLastIndex((number) => before.has(number)) + 1;
  await until(
    'orders to be placed on the shard',
    () => {
      crew.check();
      for (; next < crew.placed.length; next += 1) {
        const number = crew.placed[next]!;
        if (!before.has(number) && ownership.ofNumber(number) === shard) placed.add(number);
      }
      return placed.size >= least;
    },
    PATIENCE_MS,
  );
}

/** Moves two buckets away from the shard, and one to it. */
async function moveSome(scene: OperatorScene, shard: number): Promise<void> {
  const owners = await scene.owners();
  const other = (shard + 1) % scene.store.handles.length;
  const ofShard = (of: number) => owners.flatMap((owner, bucket) => (owner === of ? [bucket] : []));
  await scene.move([
    ...ofShard(shard)
      .slice(0, 2)
      .map((bucket) => ({ bucket, from: shard, to: other })),
    ...ofShard(other)
      .slice(0, 1)
      .map((bucket) => ({ bucket, from: other, to: shard })),
  ]);
}

async function recover(
  scene: OperatorScene,
  shard: number,
  clock: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const args = ['shard', 'recover', String(shard), '--yes', '--reason', 'faults'];
  const end = await toItsEnd(scene, args, clock);
  if (end.code !== 0) scene.findings.add('misjudged', args.join(' '), `ended with ${end.code}: ${said(end)}`);
  // What was under way, or is there twice.
  for (const after of [['rollback', '--yes', '--reason', 'faults'], ['verify']]) {
    const { code, ...more } = await toItsEnd(scene, after, clock);
    if (code !== 0) scene.findings.add('mismatched', after.join(' '), `ended with ${code}: ${said(more)}`);
  }
  return end.code === 0;
}

/**
 * Lists the lost orders with a command, compares the list with the published orders that are not there, and brings them back.
 *
 * @param changed the orders of the shard that had changed since the backup
 * @returns how many were listed, and how many the check has counted
 */
async function listAndBringBack(
  scene: OperatorScene,
  changed: readonly string[],
  before: ReadonlyMap<string, number>,
): Promise<{ readonly listed: number; readonly published: number }> {
  const { crew, findings, store } = scene;
  const published = await publishedVersions(scene);
  await untilProjected(scene, published, changed);
  const versions = await versionsOfOwners(store.urls, changed);
  const wanted = new Map(
    changed
      .filter((number) => (published.get(number) ?? 0) > (versions.get(number) ?? 0))
      .map((number) => [number, published.get(number)!]),
  );
  const counted = wanted.size;
  const isChanged = new Set(changed);
  const lines = (await scene.orders(['lost-orders', '--json'])).filter((line) => 'number' in line);
  // The view of an order that others have changed meanwhile is ahead for a moment.
  const listed = (lines as { number: string; version: number }[]).filter(({ number }) =>
    isChanged.has(number),
  );
  for (const { number, version } of listed) {
    if (wanted.get(number) !== version)
      findings.add('mismatched', number, `listed at ${version}, published at ${wanted.get(number)}`);
    wanted.delete(number);
  }
  for (const [number, version] of wanted)
    findings.add('lost', number, `published at version ${version}, and not listed`);
  await scene.orders(['lost-orders', '--reinsert', '--json']);
  for (const number of changed)
    scene.touched.set(number, {
      least: Math.max(published.get(number) ?? 0, before.get(number) ?? 0),
      most: crew.versionOf(number),
    });
  return { listed: listed.length, published: counted };
}

/** Checks that a shard's writes after its recovery have ids that it had not given before its crash. */
async function idsGoOn(
  { store, findings }: OperatorScene,
  shard: number,
  atBackup: ReadonlyMap<string, bigint>,
  atCrash: ReadonlyMap<string, bigint>,
): Promise<void> {
  const url = store.urls[shard]!;
  let first = await firstOutboxIdsAbove(url, atBackup);
  await until(
    'the shard to write events again',
    async () => {
      if (first.size < atBackup.size) first = await firstOutboxIdsAbove(url, atBackup);
      return first.size > 0;
    },
    PATIENCE_MS,
  );
  for (const [table, id] of first)
    if (id <= atCrash.get(table)!)
      findings.add(
        'duplicated',
        `${table} ${id}`,
        `an id again: shard ${shard} had come to ${atCrash.get(table)}`,
      );
}
