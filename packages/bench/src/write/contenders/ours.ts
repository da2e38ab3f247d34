import type { WriteCluster } from '../cluster.ts';
import type { Contender, ContenderOptions } from '../contender.ts';

/** The router's merged writes. */
export async function open(_cluster: WriteCluster, _options: ContenderOptions): Promise<Contender> {
  throw new Error('not there yet');
}
