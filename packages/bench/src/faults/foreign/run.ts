import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen } from '../series.ts';
import { bugNamed } from '../planted/bug.ts';
import type { Fault } from './fault.ts';
import { groupsOf } from './groups.ts';
import { KINDS } from './kinds.ts';
import { play } from './play.ts';
import { Scene, type SceneOptions } from './scene.ts';
import { startServers } from '../read-side-servers.ts';
import { BUGS } from './planted/bugs.ts';

export { BUGS };

const COUNT = 300;

/**
 * Messages of others, sizes at every limit, logs that change and servers that hang or are away, while honest orders go from
 * the shards to their views. Then each view is compared with its order and each foreign message with its dead letter.
 */
export async function run({
  count = COUNT,
  seed,
  only,
  planted,
  progress,
}: FaultRunOptions): Promise<FaultResult> {
  const named = only ?? (planted === undefined ? undefined : bugNamed(BUGS, planted).foundBy);
  const random = new Seeded(seed);
  const groups = groupsOf(chosen(KINDS, named), count, random);
  const servers = await startServers(progress);
  try {
    const namespace = await servers.namespace('foreign');
    // Of a bug it is enough to know that it is found.
    const hasty = planted !== undefined;
    return await foreign({ namespace, victims: servers, groups, random, planted, hasty, progress });
  } finally {
    await servers.end();
  }
}

export interface ForeignOptions extends Omit<SceneOptions, 'findings'> {
  readonly groups: readonly (readonly Fault[])[];
  readonly random: Seeded;
  readonly progress: (message: string) => void;
}

/** {@link run} on servers that run already. */
export async function foreign({
  groups,
  random,
  progress,
  ...options
}: ForeignOptions): Promise<FaultResult> {
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const scene = await Scene.open({ ...options, findings });
  try {
    const tallies = await play(scene, groups, random, progress);
    const { load, foreign: others, changes, repeated } = scene;
    const summary =
      `${load.orders} orders, ${load.acknowledged} changes acknowledged, ${changes} changes of views watched, ` +
      `${others.sent.length} messages of others`;
    return resultOf(tallies, findings, {
      summary,
      redelivered: repeated,
      acknowledged: load.acknowledged,
      planted: options.planted,
    });
  } finally {
    await scene.close();
  }
}
