import { Admission } from './admission.ts';
import { InflowThrottledError } from './errors.ts';
import { type InflowChange, regionOf } from './inflow-change.ts';

/** The parts of an order that its limits depend on. */
export interface Placing {
  readonly shopId: string;
  readonly deliveryAddress?: { readonly city?: string | undefined } | undefined;
}

interface Held {
  readonly change: InflowChange;
  readonly admission: Admission | undefined;
  readonly until: number;
}

export interface InflowCounts {
  readonly admitted: number;
  readonly throttled: number;
}

/** Lets orders in as far as the limits of this instance allow, from memory. */
export class InflowGate {
  readonly #held = new Map<string, Held>();
  readonly #clock: () => number;
  /** How far the databases' time is ahead of the clock here. */
  #aheadMs = 0;
  #admitted = 0;
  #throttled = 0;

  /** @param clock Unix time in milliseconds, as this process has it */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  /** Takes the databases' time, Unix milliseconds. Limits end by this time. */
  hearTime(nowMs: number): void {
    this.#aheadMs = nowMs - this.#clock();
  }

  #now(): number {
    return this.#clock() + this.#aheadMs;
  }

  /** Takes a change. Returns false when the gate has the same change of its scope already, or a newer one. */
  apply(change: InflowChange): boolean {
    const known = this.#held.get(change.scope);
    if (known !== undefined && BigInt(known.change.revision) >= BigInt(change.revision)) return false;
    const admission = change.limit === null ? undefined : new Admission(change.limit, this.#now());
    this.#held.set(change.scope, { change, admission, until: Date.parse(change.until) });
    return true;
  }

  /**
   * Lets an order in.
   *
   * @throws InflowThrottledError when a limit does not allow it
   */
  admit({ shopId, deliveryAddress }: Placing): void {
    if (this.#held.size > 0) {
      this.#check('all');
      this.#check(`shop:${shopId}`);
      if (deliveryAddress?.city !== undefined) this.#check(`region:${regionOf(deliveryAddress.city)}`);
    }
    this.#admitted += 1;
  }

  /** The limits that hold now. */
  get limits(): readonly InflowChange[] {
    const now = this.#now();
    return [...this.#held.values()]
      .filter(({ admission, until }) => admission !== undefined && until > now)
      .map(({ change }) => change);
  }

  get counts(): InflowCounts {
    return { admitted: this.#admitted, throttled: this.#throttled };
  }

  #check(scope: string): void {
    const held = this.#held.get(scope);
    if (held?.admission === undefined) return;
    const now = this.#now();
    if (now >= held.until || held.admission.admit(now)) return;
    this.#throttled += 1;
    throw new InflowThrottledError(scope, held.change.reason, held.admission.retryAfterS);
  }
}
