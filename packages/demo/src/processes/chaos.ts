import { randomOf } from '../plan/random.ts';
import type { Product, Role } from './product.ts';
import { signal } from './product-process.ts';

type Victim = Extract<Role, 'relay' | 'projector'>;

/** A planned kill, which is due when `afterBegun` lives have begun. */
export interface PlannedKill {
  readonly afterBegun: number;
  readonly victim: Victim;
}

/** A kill that was done. */
export interface Kill extends PlannedKill {
  readonly pid: number;
  /** Lives under way at that moment. */
  readonly underWay: number;
  /** Whether the pid was gone afterwards and orders were under way. */
  readonly landed: boolean;
}

const KILLS_OF_EACH = 3;

/** Plans kills of relay and projector in turn, spread over the day, each at a seeded moment of its part of it. */
export function planKills(seed: number, orders: number): PlannedKill[] {
  const random = randomOf(seed, 'kills');
  const count = Math.min(2 * KILLS_OF_EACH, orders);
  const first: readonly Victim[] = random.chance(0.5) ? ['relay', 'projector'] : ['projector', 'relay'];
  return Array.from({ length: count }, (_, index) => {
    // No kill falls into the last tenth of the day, so that the run does not end by waiting only for what was killed last.
    const part = (orders * 0.9) / count;
    return {
      afterBegun: Math.max(1, Math.ceil(part * (index + random.fraction()))),
      victim: first[index % 2]!,
    };
  });
}

/** Kills relay and projector with SIGKILL while orders are under way, and starts them again. */
export class Chaos {
  readonly kills: Kill[] = [];
  readonly #product: Product;
  readonly #planned: PlannedKill[];
  readonly #underWay: () => number;
  readonly #failed: (error: Error) => void;
  readonly #restarts = new Map<Victim, Promise<void>>();

  /** @param failed called when something could not be started again */
  constructor(
    product: Product,
    planned: readonly PlannedKill[],
    underWay: () => number,
    failed: (error: Error) => void,
  ) {
    this.#product = product;
    this.#planned = planned.toSorted((a, b) => a.afterBegun - b.afterBegun);
    this.#underWay = underWay;
    this.#failed = failed;
  }

  /** Just before a kill, holds the day back until the victim runs again after its previous kill. */
  async before(begun: number): Promise<void> {
    const next = this.#planned[0];
    if (next !== undefined && begun + 1 >= next.afterBegun) await this.#restarts.get(next.victim);
  }

  /** Does the kills whose moment has come. */
  after(begun: number): void {
    const next = this.#planned[0];
    if (next === undefined || begun < next.afterBegun) return;
    this.#planned.shift();
    this.#restarts.set(next.victim, this.#killAndRestart(next).catch(this.#failed));
  }

  /** Resolves when everything runs again. */
  async settled(): Promise<void> {
    await Promise.all(this.#restarts.values());
  }

  async #killAndRestart(planned: PlannedKill): Promise<void> {
    const victim = this.#product.running(planned.victim);
    if (victim === undefined) return;
    const underWay = this.#underWay();
    const ran = signal(victim.pid, 0);
    await victim.kill();
    const landed = ran && !signal(victim.pid, 0) && underWay > 0;
    this.kills.push({ ...planned, pid: victim.pid, underWay, landed });
    await this.#product.start(planned.victim);
  }
}
