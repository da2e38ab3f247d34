import type { Seeded } from '../seeded.ts';
import { seriesOf } from '../series.ts';

/** How many light faults are done at once. */
export const AT_ONCE = 8;

/** Draws kinds by their weights, in groups: up to {@link AT_ONCE} light kinds together, each other kind by itself. */
export function groupsOf<Kind extends { readonly weight: number; readonly light: boolean }>(
  kinds: readonly Kind[],
  count: number,
  random: Seeded,
): Kind[][] {
  const weighted = kinds.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  const groups: Kind[][] = [];
  let light: Kind[] = [];
  for (const kind of seriesOf(weighted, count, random)) {
    if (!kind.light) groups.push([kind]);
    else if (light.push(kind) === AT_ONCE) {
      groups.push(light);
      light = [];
    }
  }
  return light.length > 0 ? [...groups, light] : groups;
}
