import { fileURLToPath } from 'node:url';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen, seriesOf } from '../series.ts';
import { together } from './groups.ts';
import { KINDS } from './kinds.ts';
import { play } from './play.ts';
import { Scene } from './scene.ts';
import { startServers } from './servers.ts';

/** The relay as users have it. */
export const PRODUCT = fileURLToPath(new URL('../../../../outbox/src/bin.ts', import.meta.url));

const COUNT = 100;

/**
 * Faults while events are written to the outbox tables of two shards and several relays publish them, on servers of
 * their own: relays, broker and shards killed and stopped, connections cut around requests. Then the whole topic is
 * compared with the tables.
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
  const groups = together(seriesOf(kinds, count, random), random);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const servers = await startServers(mysql, progress);
  try {
    const scene = await Scene.open({ servers, random, findings, relay: PRODUCT });
    try {
      const tallies = await play(scene, groups, random, progress);
      const { load, messages, redelivered } = scene;
      const summary =
        `${load.events} events acknowledged, ${load.rolledBack} transactions rolled back, ` +
        `${messages} messages on the topic`;
      return resultOf(tallies, findings, { summary, redelivered, acknowledged: load.events });
    } finally {
      await scene.close();
    }
  } finally {
    await servers.end();
  }
}
