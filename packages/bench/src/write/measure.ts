import type { WriteCluster } from './cluster.ts';
import { type CallersFigures, compare, playRounds } from './compare.ts';
import type { Contender, OpenContender, Work } from './contender.ts';
import { OrderMaker } from './orders.ts';
import { Runner } from './rounds.ts';
import { emptyTables, verifyRows } from './verify.ts';

/** How long and with how many callers contenders are measured. */
export interface Plan {
  readonly callers: readonly number[];
  readonly rounds: number;
  readonly roundMs: number;
}

/**
 * Measures contenders against each other, for each number of callers. After each number the stored rows must be those that
 * were acknowledged, and the tables are emptied.
 *
 * @returns figures by number of callers
 * @throws WrongCountError when a row is missing, or one too many
 */
export async function measure(
  cluster: WriteCluster,
  openers: readonly OpenContender[],
  work: Work,
  { callers, rounds, roundMs }: Plan,
  progress: (message: string) => void,
): Promise<Record<number, CallersFigures>> {
  const contenders: Contender[] = [];
  try {
    for (const open of openers) contenders.push(await open(cluster, { work }));
    const figures: Record<number, CallersFigures> = {};
    for (const n of callers) {
      progress(`${work === 'plain' ? 'without key and fence' : 'with key and fence'}, ${n} callers`);
      // The same seed for all, so that all store orders of the same size.
      const runners = contenders.map(
        (contender) => new Runner(contender, new OrderMaker(cluster.router, contender.name, n)),
      );
      figures[n] = compare(await playRounds(runners, n, rounds, roundMs));
      await verifyRows(
        cluster,
        runners.map(({ contender: { name, kind }, acknowledged }) => ({
          name,
          acknowledged,
          keyed: work === 'fenced' || kind === 'ours' || kind === 'floor',
        })),
      );
      await emptyTables(cluster);
    }
    return figures;
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
  }
}
