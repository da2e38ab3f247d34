import type { Adapter } from '../calls/called.ts';
import type { Demand, PartyName, Report } from '../ports/third-party.ts';
import type { Chance } from './chance.ts';
import { GOOD_MANNER, type Manner } from './manner.ts';
import { type Script, SCRIPTS } from './scripts.ts';

/** What a fake third party keeps of a demand, so that a test can check it afterwards. */
export interface Kept {
  readonly number: string;
  readonly amount: string;
  readonly currency: string;
  /** Every state that it has had, in their order. */
  readonly states: string[];
  callbackUrl?: string | undefined;
  /** How often each thing was asked about it, for chance. */
  asked: number;
}

/** A message to the maker of a demand. */
export interface Callback {
  readonly url: string;
  readonly key: string;
  readonly state: string;
}

export interface FakePartyOptions<Name extends PartyName> {
  readonly name: Name;
  readonly chance: Chance;
  readonly tell: (callback: Callback) => void;
}

/** What a third party does and knows, without a network and the failures of one. */
export class FakeParty<Name extends PartyName> implements Adapter<Name> {
  readonly name: Name;
  manner: Manner = { ...GOOD_MANNER };
  readonly kept = new Map<string, Kept>();
  /** How often it has answered, and how often not as an honest one would, since it started. */
  readonly counts = { requests: 0, cut: 0, errors: 0, lost: 0, lies: 0, late: 0 };
  readonly #script: Script<Name>;
  readonly #chance: Chance;
  readonly #tell: (callback: Callback) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor({ name, chance, tell }: FakePartyOptions<Name>) {
    this.name = name;
    this.#script = SCRIPTS[name] as unknown as Script<Name>;
    this.#chance = chance;
    this.#tell = tell;
  }

  async request(demand: Demand): Promise<Report<Name>> {
    const { key } = demand;
    const known = this.kept.get(key);
    if (known !== undefined) {
      known.callbackUrl = demand.callbackUrl;
      return stateOf<Name>(known);
    }
    const { declined, later } = this.manner;
    const state = this.#script.first({
      declined: this.#chance.happens(declined, this.name, key, 'declined'),
      later: this.#chance.happens(later, this.name, key, 'later'),
    });
    const kept = this.#keep(key, demand, state);
    this.#goOn(key, kept);
    return state;
  }

  async ask(key: string): Promise<Report<Name> | undefined> {
    const kept = this.kept.get(key);
    if (kept === undefined) return undefined;
    return this.#lies(key, kept) ? undefined : stateOf<Name>(kept);
  }

  /** Throws a RangeError when it lies and denies a demand that it knows. */
  async withdraw(key: string): Promise<Report<Name>> {
    const kept = this.kept.get(key);
    const state = this.#script.withdrawn(kept === undefined ? undefined : stateOf<Name>(kept));
    if (kept === undefined) {
      this.#keep(key, { number: '', amount: '0', currency: '' }, state);
      return state;
    }
    if (this.#lies(key, kept)) throw new RangeError('it says that it does not know of it');
    if (stateOf<Name>(kept) !== state) kept.states.push(state);
    return state;
  }

  /** Stops all demands that go on by themselves. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #lies(key: string, kept: Kept): boolean {
    kept.asked += 1;
    const lies = this.#chance.happens(this.manner.lies, this.name, key, 'denies', kept.asked);
    if (lies) this.counts.lies += 1;
    return lies;
  }

  #keep(
    key: string,
    demand: Pick<Demand, 'number' | 'amount' | 'currency' | 'callbackUrl'>,
    state: string,
  ): Kept {
    const { number, amount, currency, callbackUrl } = demand;
    const kept: Kept = { number, amount, currency, states: [state], callbackUrl, asked: 0 };
    this.kept.set(key, kept);
    return kept;
  }

  #goOn(key: string, kept: Kept): void {
    const from = stateOf<Name>(kept);
    const declined = this.#chance.happens(this.manner.declined, this.name, key, 'declined');
    const next = this.#script.next(from, { declined });
    if (next === undefined) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (stateOf<Name>(kept) !== from) return;
        kept.states.push(next);
        this.#callBack(key, kept, next);
        this.#goOn(key, kept);
      },
      this.manner.stepMs * (0.5 + this.#chance.of(this.name, key, 'pace', from)),
    );
    this.#timers.add(timer);
  }

  #callBack(key: string, { callbackUrl: url }: Kept, state: Report<Name>): void {
    if (url === undefined) return;
    const { dropped, duplicates, lies } = this.manner;
    const happens = (share: number, what: string) => this.#chance.happens(share, this.name, key, what, state);
    if (happens(lies, 'lies')) {
      this.counts.lies += 1;
      this.#tell({ url, key, state: this.#script.opposite(state) });
    }
    if (happens(dropped, 'dropped')) return;
    this.#tell({ url, key, state });
    if (happens(duplicates, 'twice')) this.#tell({ url, key, state });
  }
}

function stateOf<Name extends PartyName>(kept: Kept): Report<Name> {
  return kept.states.at(-1) as Report<Name>;
}
