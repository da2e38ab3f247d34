import { memberCount, planBasket, planShops } from './catalogue.ts';
import { minuteOf } from './day.ts';
import { type Life, planLife } from './life.ts';
import type { Shop } from './order.ts';
import { randomOf } from './random.ts';

/** A day's orders, as a pure function of seed and count: nothing is kept, so a plan of millions costs no memory. */
export interface DayPlan {
  readonly shops: readonly Shop[];
  readonly orders: number;
  lifeOf(index: number): Life;
}

export function planDay(seed: number, orders: number): DayPlan {
  const shops = planShops(seed, orders);
  const members = memberCount(orders);
  return {
    shops,
    orders,
    lifeOf: (index) => planLife(seed, index, planBasket(randomOf(seed, `basket-${index}`), shops, members)),
  };
}

/** When order `index` of `orders` arrives: minute of the day. Arrivals rise with the index. */
export function arrivalOf(seed: number, index: number, orders: number): number {
  return minuteOf((index + randomOf(seed, `arrival-${index}`).fraction()) / orders);
}
