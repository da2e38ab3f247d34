import { until } from '../until.ts';
import { noTrace, refused, said } from './commands.ts';
import { publishedVersions, untilProjected } from './published.ts';
import { versionsOfOwners } from './rows-of.ts';
import type { OperatorScene } from './scene.ts';
import { ServerBackup } from './server-backup.ts';

/** Orders that a shard has to place between its backup and its crash. */
const LEAST_LOST = 110;
/** Requests that are answered after the relay has stopped. */
const UNPUBLISHED = 60;
const PATIENCE_MS = 240_000;

export interface RestoreOptions {
  /** Whether it gives buckets away, and gets some, between the backup and the crash. */
  readonly moves: boolean;
  /** Whether its last events are not published when it crashes. */
  readonly unpublished: boolean;
}

/**
 * A shard's server is lost, and comes back from a backup: nobody uses it until it is recovered, and then it lacks what it had
 * committed after the backup and not published, and nothing else.
 */
export async function restoreShard(
  scene: OperatorScene,
  { moves, unpublished }: RestoreOptions,
): Promise<string | undefined> {
  const { crew, store, random } = scene;
  const shard = random.between(0, store.handles.length);
  await crew.pause();
  const before = new Map([...crew.journal.orders.keys()].map((number) => [number, crew.versionOf(number)]));
  const { ownership: atBackup } = await versionsOfOwners(store.urls);
  const backup = await ServerBackup.of(store.handles[shard]!);
  try {
    crew.goOn();
    await placedOn(scene, shard, before);
    if (moves) await moveSome(scene, shard);
    if (unpublished) {
      process.kill(scene.relay.pid, 'SIGSTOP');
      const answered = crew.answered;
      await until('some more to be answered', () => crew.answered >= answered + UNPUBLISHED, PATIENCE_MS);
    }
    await crew.pause();
    const { ownership } = await versionsOfOwners(store.urls);
    const since = [...crew.journal.orders.keys()].filter(
      (number) => crew.versionOf(number) > (before.get(number) ?? 0),
    );
    const changed = since.filter((number) => ownership.ofNumber(number) === shard);
    const isChanged = new Set(changed);
    // Of what has moved away the shard had events and keys, and no more.
    for (const number of since)
      if (atBackup.ofNumber(number) === shard && !isChanged.has(number))
        scene.touched.set(number, { least: undefined, most: 0 });
    crew.forget((number) => isChanged.has(number));
    const { before: pid, after } = await backup.restore();
    if (unpublished) process.kill(scene.relay.pid, 'SIGCONT');
    crew.goOn();

    const behind = await refused(scene, [
      ['plan'],
      ['verify'],
      ['run', '--empty', String(shard), '--yes'],
      ['epoch', 'open', '--yes'],
    ]);
    const recovered = await recover(scene, shard);
    const listed = await listAndBringBack(scene, changed, before);
    const landed = behind !== undefined && recovered && pid !== undefined && after !== pid;
    return landed
      ? `shard ${shard}: process ${pid} is gone, ${after} has its backup; ${changed.length} orders had changed since, ${listed} were listed`
      : undefined;
  } finally {
    await backup.end();
  }
}

async function placedOn(
  { crew, store }: OperatorScene,
  shard: number,
  before: ReadonlyMap<string, number>,
): Promise<void> {
  const { ownership } = await versionsOfOwners(store.urls);
  await until(
    'orders to be placed on the shard',
    () => {
      crew.check();
      const placed = [...crew.journal.orders.keys()].filter(
        (number) => !before.has(number) && ownership.ofNumber(number) === shard,
      );
      return placed.length >= LEAST_LOST;
    },
    PATIENCE_MS,
  );
}

/** Gives two buckets away, and gets one. */
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

async function recover(scene: OperatorScene, shard: number): Promise<boolean> {
  const args = ['shard', 'recover', String(shard), '--yes', '--reason', 'faults'];
  const end = await scene.command(args);
  noTrace(scene, args, end);
  if (end.code !== 0) scene.findings.add('misjudged', args.join(' '), `ended with ${end.code}: ${said(end)}`);
  // What was under way, or is there twice.
  for (const after of [['rollback', '--yes', '--reason', 'faults'], ['verify']]) {
    const { code, ...more } = await scene.command(after);
    if (code !== 0) scene.findings.add('mismatched', after.join(' '), `ended with ${code}: ${said(more)}`);
  }
  return end.code === 0;
}

/**
 * Has the lost orders listed, compares the list with what was published and is not there, and brings them back.
 *
 * @param changed the orders of the shard that had changed since the backup
 * @returns how many were listed
 */
async function listAndBringBack(
  scene: OperatorScene,
  changed: readonly string[],
  before: ReadonlyMap<string, number>,
): Promise<number> {
  const { crew, findings, store } = scene;
  const published = await publishedVersions(scene);
  await untilProjected(scene, published, changed);
  const { versions } = await versionsOfOwners(store.urls);
  const wanted = new Map(
    changed
      .filter((number) => (published.get(number) ?? 0) > (versions.get(number) ?? 0))
      .map((number) => [number, published.get(number)!]),
  );
  const listed = (await scene.orders(['lost-orders', '--json'])).filter((line) => 'number' in line);
  for (const { number, version } of listed as { number: string; version: number }[]) {
    // Of one that others have changed meanwhile the view is ahead for a moment.
    if (!changed.includes(number)) continue;
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
  return listed.filter(({ number }) => changed.includes(number as string)).length;
}
