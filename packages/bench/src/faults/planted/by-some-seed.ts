import type { Finding, FindingKind } from '../findings.ts';

/** Series that are tried: each finds a bug in nearly every case, so that hardly any bug is hidden from all of them. */
export const SEEDS = [5, 6, 7] as const;

/** What a planted bug is to be found as. */
export interface Sought {
  readonly kind: FindingKind;
  readonly detail: RegExp;
}

/** Does series by one seed after the other until what is sought is found, and gives all that was found. */
export async function findBySomeSeed(
  sought: Sought,
  play: (seed: number) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const seed of SEEDS) {
    found.push(...(await play(seed)));
    if (found.some(({ kind, detail }) => kind === sought.kind && sought.detail.test(detail))) break;
  }
  return found;
}
