import { fileURLToPath } from 'node:url';
import { textTable } from '../../measure/table.ts';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Seeded } from '../seeded.ts';
import { Findings } from './check/findings.ts';
import { KINDS } from './kinds.ts';
import { play, seriesOf, type Tally } from './play.ts';
import { Scene } from './scene.ts';
import { startServers } from './servers.ts';

/** The router as users have it. */
export const PRODUCT = fileURLToPath(new URL('product-router.ts', import.meta.url));

const COUNT = 600;
const EXAMPLES = 20;

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
  const kinds = KINDS.filter(({ name }) => only === undefined || only.some((part) => name.includes(part)));
  if (kinds.length === 0)
    throw new RangeError(`no such kinds; there are ${KINDS.map(({ name }) => name).join(', ')}`);
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
      return resultOf(scene, tallies);
    } finally {
      if (!ended) await scene.close(true);
    }
  } finally {
    await servers.end();
  }
}

function resultOf({ findings, journal, client }: Scene, tallies: ReadonlyMap<string, Tally>): FaultResult {
  const all = [...tallies.values()];
  const figures = {
    faults: all.reduce((sum, { faults }) => sum + faults, 0),
    landed: all.reduce((sum, { landed }) => sum + landed, 0),
    lost: findings.count('lost'),
    duplicated: findings.count('duplicated'),
    redelivered: 0,
    outOfOrder: 0,
    mismatched: findings.count('mismatched'),
  };
  const again = [...client.askedAgain].map(([code, times]) => `${code} ${times}`);
  const rows = [...tallies].map(([name, { faults, landed }]) => [name, String(faults), String(landed)]);
  const table = [
    textTable(['kind', 'faults', 'landed'], rows),
    '',
    ...[...tallies].map(([name, { evidence }]) => `${name}: ${evidence || 'not proved'}`),
    '',
    `${journal.acknowledged} requests acknowledged, ${journal.orders.size} orders; asked again: ${again.join(', ') || 'none'}`,
    `lost ${figures.lost}, duplicated ${figures.duplicated}, mismatched ${figures.mismatched}`,
    ...findings
      .all()
      .slice(0, EXAMPLES)
      .map(({ kind, subject, detail }) => `  ${kind} ${subject}: ${detail}`),
  ].join('\n');
  return { table, figures };
}
