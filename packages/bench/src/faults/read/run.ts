import { READ_MODEL } from '../../rebuild/scene.ts';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen, seriesOf } from '../series.ts';
import { KINDS } from './kinds.ts';
import { play } from './play.ts';
import { Scene } from './scene.ts';
import { startServers } from '../read-side-servers.ts';

const COUNT = 60;

/**
 * Does faults to the read side while orders are placed and changed and three projectors follow. It kills projectors, MongoDB
 * and the broker; members stand still, come and go; it cuts connections, and sends old events and poison. Then it compares
 * every view with its order, looks for the poison among the dead letters, takes away what refused it, and replays the
 * letters. The product's own verify has to say the same.
 */
export async function run({ count = COUNT, seed, only, progress }: FaultRunOptions): Promise<FaultResult> {
  const random = new Seeded(seed);
  const series = seriesOf(chosen(KINDS, only), count, random);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const servers = await startServers(progress);
  try {
    const scene = await Scene.open({ servers, random, findings, projector: READ_MODEL });
    try {
      const tallies = await play(scene, series, random, progress);
      const { orders, changes, poison, repeated } = scene;
      const summary = `${orders} orders, ${poison.orders} of them refused at first, ${changes} changes of views watched`;
      return resultOf(tallies, findings, { summary, redelivered: repeated, acknowledged: changes });
    } finally {
      await scene.close();
    }
  } finally {
    await servers.end();
  }
}
