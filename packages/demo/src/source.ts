import { InputFileError } from './input/errors.ts';
import { inputFile } from './input/input-file.ts';
import type { Shop } from './plan/order.ts';
import { planDay } from './plan/plan.ts';
import { inputArrivals, plannedArrivals } from './play/arrivals.ts';
import type { Arrival } from './play/play-day.ts';
import type { DemoSettings } from './settings.ts';

/** Where a day's orders come from. */
export interface Source {
  readonly orders: number;
  shops(): Iterable<Shop>;
  arrivals(): AsyncIterable<Arrival>;
}

/** The orders that the settings ask for: planned by seed, or read from a file; `refuse` is called for its bad rows. */
export async function openSource(
  { input, orders, seed }: DemoSettings,
  refuse: (line: number, reason: string) => void,
): Promise<Source> {
  if (input === undefined) {
    const plan = planDay(seed, orders);
    return { orders, shops: () => plan.shops, arrivals: () => plannedArrivals(plan, seed) };
  }
  let refused = 0;
  const file = await inputFile(input, (line, reason) => {
    refused += 1;
    refuse(line, reason);
  });
  if (file.orders === 0 && refused === 0) throw new InputFileError(`${input} holds no orders`);
  return { orders: file.orders, shops: () => file.shops(), arrivals: () => inputArrivals(file, seed) };
}
