import { shardsFromUrls } from '@ordershard/shard-router';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded, seededFrom } from '../seeded.ts';
import { chosen } from '../series.ts';
import { Actors } from './actors.ts';
import { KINDS } from './kinds.ts';
import { Movements } from './movements.ts';
import { pairsOf } from './pairs.ts';
import { play } from './play.ts';
import { startServers } from './servers.ts';

export { BUGS } from './planted/bugs.ts';

const COUNT = 400;

/**
 * Does wrong uses of the router, in pairs, in a process where honest callers use it too. Meanwhile buckets move between three
 * shards, and an epoch is opened. Each wrong use has to be refused by type, or to be right. Then the run compares every row
 * with what was acknowledged.
 */
export async function run({
  count = COUNT,
  seed,
  only,
  mysql,
  planted,
  progress,
}: FaultRunOptions): Promise<FaultResult> {
  const kinds = chosen(KINDS, only);
  const servers = await startServers(mysql, progress);
  try {
    return await misuse({ urls: servers.urls, kinds, count, seed, planted, progress });
  } finally {
    await servers.end();
  }
}

export interface MisuseOptions extends Pick<FaultRunOptions, 'seed' | 'progress' | 'planted'> {
  /** URLs of empty databases, position = shard id. */
  readonly urls: readonly string[];
  readonly kinds: typeof KINDS;
  readonly count: number;
  /** Whether an epoch is opened in the middle; default true. */
  readonly epoch?: boolean;
}

/** {@link run} on servers that run already. */
export async function misuse({
  urls,
  kinds,
  count,
  seed,
  planted,
  progress,
  epoch = true,
}: MisuseOptions): Promise<FaultResult> {
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const pairs = pairsOf(kinds, count, random);
  const actors = await Actors.start({ urls, seed: random.between(0, 2 ** 31), findings, planted });
  const movements = new Movements(shardsFromUrls(urls), seededFrom(random), progress);
  movements.start();
  try {
    const { tallies, refused } = await play(actors, epoch ? movements : undefined, pairs, progress);
    const { acknowledged, askedAgain } = await actors.rest();
    await movements.settle();
    await actors.check();
    const again = askedAgain.map(([code, times]) => `${code} ${times}`).join(', ');
    return resultOf(tallies, findings, {
      summary: `${acknowledged} honest calls acknowledged, asked again: ${again || 'none'}; ${refused} wrong calls refused by type; ${movements.moved} buckets moved, ${movements.opened} epochs opened`,
      redelivered: 0,
      acknowledged,
      refused,
      planted,
    });
  } finally {
    await actors.kill();
    await movements.end();
  }
}
