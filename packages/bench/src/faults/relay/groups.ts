import type { Seeded } from '../seeded.ts';
import type { Fault } from './fault.ts';
import { RELAYS, type Victim } from './victim.ts';

/** How many faults are done at once. A number that stands here twice comes twice as often. */
const TOGETHER = [1, 2, 2, 3] as const;

/** How many faults at the same time may have one kind of victim. One relay is always left alone. */
const AT_ONCE: Readonly<Record<Victim, number>> = { relay: RELAYS - 1, broker: 1, shard: 1 };

/** Splits a series into faults that are done at the same time. */
export function together(series: readonly Fault[], random: Seeded): Fault[][] {
  const groups: Fault[][] = [];
  let size = 0;
  for (const fault of series) {
    const group = groups.at(-1);
    const rivals = group?.filter(({ victim }) => victim === fault.victim).length ?? 0;
    if (group !== undefined && group.length < size && rivals < AT_ONCE[fault.victim]) {
      group.push(fault);
    } else {
      groups.push([fault]);
      size = random.pick(TOGETHER);
    }
  }
  return groups;
}
