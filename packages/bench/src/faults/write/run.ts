import { fileURLToPath } from 'node:url';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen, seriesOf } from '../series.ts';
import { KINDS } from './kinds.ts';
import { play } from './play.ts';
import { Scene } from './scene.ts';
import { startServers } from './servers.ts';

/** The router as users have it. */
export const PRODUCT = fileURLToPath(new URL('product-router.ts', import.meta.url));

const COUNT = 600;

/**
 * Faults while orders are placed and changed by a process of its own, on servers of its own: connections cut around
 * COMMIT, servers and the process killed, units that cannot be applied, fences that shut and move, locks that are not
 * given. Then every row is compared with what was acknowledged.
 */
export async function run({
  count = COUNT,
  seed,
  only,
  mysql,
  progress,
}: FaultRunOptions): Promise<FaultResult> {
  const kinds = chosen(KINDS, only);
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const servers = await startServers(mysql, progress);
  try {
    const scene = await Scene.open({ servers, random, findings, router: PRODUCT });
    let ended = false;
    try {
      const tallies = await play(scene, seriesOf(kinds, count, random), progress);
      await scene.close();
      ended = true;
      return resultOf(tallies, findings, {
        summary: summaryOf(scene),
        redelivered: 0,
        acknowledged: scene.journal.acknowledged,
      });
    } finally {
      if (!ended) await scene.close(true);
    }
  } finally {
    await servers.end();
  }
}

function summaryOf({ journal, client }: Scene): string {
  const again = [...client.askedAgain].map(([code, times]) => `${code} ${times}`);
  return `${journal.acknowledged} requests acknowledged, ${journal.orders.size} orders; asked again: ${again.join(', ') || 'none'}`;
}
