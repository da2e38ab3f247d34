import type { InputFile } from '../input/input-file.ts';
import { planLife } from '../plan/life.ts';
import { arrivalOf, type DayPlan } from '../plan/plan.ts';
import type { Arrival } from './play-day.ts';

/** The planned orders, as they arrive. */
// oxlint-disable-next-line typescript/require-await -- a generator like the one below, which has to wait
export async function* plannedArrivals(plan: DayPlan, seed: number): AsyncGenerator<Arrival> {
  for (let index = 0; index < plan.orders; index += 1) {
    yield { life: plan.lifeOf(index), minute: arrivalOf(seed, index, plan.orders) };
  }
}

/** The orders of an input file, in its order; the seed decides the rest of their lives. */
export async function* inputArrivals(file: InputFile, seed: number): AsyncGenerator<Arrival> {
  let index = 0;
  for await (const { line, basket } of file.baskets()) {
    yield { life: planLife(seed, index, basket), minute: arrivalOf(seed, index, file.orders), line };
    index += 1;
  }
}
