import type { FacadeStep } from './facade-program.ts';

/** What became of a step: `ok`, or the error's code. */
export type Outcome = string;

/** How a step was sent, as far as that decides its possible outcomes. */
export interface Sent {
  /** The steps before it that were to begin a transaction and were not answered. */
  readonly behind: readonly number[];
  /** What ended its connection or its scope while it was not answered. */
  cutBy: 'give back' | 'destroy' | undefined;
}

/** The text that `START TRANSACTION READ WRITE` has among those that begin. */
export const READ_WRITE = 2;

/** Steps whose outcomes nobody hears. */
export const UNHEARD: ReadonlySet<FacadeStep['do']> = new Set(['fail unheard', 'unread stream']);

/** A refusal by type. */
const REFUSED = /^ROUTER_/;

/**
 * Follows a program by the outcomes of its steps, in the order in which they were sent. A step that was refused has done
 * nothing, and may only be refused where the rules of the facade allow it.
 */
export class FacadeModel {
  /** The rows that are there. */
  readonly there = new Set<number>();
  /** Those of a COMMIT whose answer was lost. */
  readonly uncertain = new Set<number>();
  readonly wrong: string[] = [];
  readonly #outcomes: Outcome[] = [];
  #state: 'none' | 'writing' | 'reading' = 'none';
  #nextReads = false;
  #doomed = false;
  #rows: number[] = [];
  /** Savepoints, by the number of rows before them; without a name for a transaction inside another. */
  #marks: { readonly name: string | undefined; readonly rows: number }[] = [];
  #over = false;

  /** Takes the next step, and what became of it. */
  take(step: FacadeStep, row: number, sent: Sent, outcome: Outcome): void {
    this.#outcomes[row] = outcome;
    if (step.do.startsWith('pool ')) {
      this.#pool(step, row, sent, outcome);
      return;
    }
    const behindRefused = sent.behind.some((at) => this.#outcomes[at] !== 'ok');
    const cut = sent.cutBy === 'destroy' || (sent.cutBy !== undefined && outcome === 'ROUTER_SCOPE_CLOSED');
    if (step.do === 'give back' || step.do === 'destroy') {
      this.#over = true; // Again, as often as it is asked for.
      return;
    }
    const may = this.#over ? 'refused' : this.#may(step);
    if (outcome === 'ok') {
      if (this.#over && UNHEARD.has(step.do)) return;
      if (may === 'refused') this.#note(step, row, 'ok, and had to be refused');
      else this.#effect(step, row);
      return;
    }
    // It was sent, as a transaction of its own.
    if (outcome === 'ROUTER_WRITE_OUTSIDE_TRANSACTION' && this.#state === 'none') this.#nextReads = false;
    if (step.do === 'commit' && outcome === 'ROUTER_ROLLBACK_ONLY' && this.#doomed) this.#ended();
    else if (step.do === 'commit' && outcome === 'ROUTER_UNKNOWN_OUTCOME' && sent.cutBy === 'destroy')
      for (const each of this.#rows) this.uncertain.add(each);
    else if (may === 'ok' && !cut && !behindRefused) this.#note(step, row, `${outcome}, and had to be done`);
    else if (!cut && !REFUSED.test(outcome) && may !== 'any')
      this.#note(step, row, `${outcome} is no refusal by type`);
  }

  #note(step: FacadeStep, row: number, what: string): void {
    this.wrong.push(`step ${row}, ${step.do}: ${what}`);
  }

  /** Of the pool nothing depends on the connection; what is written there is written by nobody. */
  #pool(step: FacadeStep, row: number, sent: Sent, outcome: Outcome): void {
    if (step.do === 'pool unread stream') return;
    if (step.do === 'pool write') {
      if (!REFUSED.test(outcome)) this.#note(step, row, `${outcome}, and had to be refused by type`);
    } else if (outcome !== 'ok' && !(sent.cutBy !== undefined && outcome === 'ROUTER_SCOPE_CLOSED'))
      this.#note(step, row, `${outcome}, and had to be read`);
  }

  /** The possible outcomes of a step, given what is open. */
  #may({ do: what }: FacadeStep): 'ok' | 'refused' | 'any' {
    const state = this.#state;
    switch (what) {
      case 'begin':
        return state === 'reading' ? 'refused' : 'ok';
      case 'begin to read':
      case 'next reads':
        return state === 'none' ? 'ok' : 'refused';
      case 'write':
        return state === 'writing' ? 'ok' : 'refused';
      case 'savepoint':
        return state === 'reading' ? 'any' : state === 'writing' ? 'ok' : 'refused';
      case 'rollback to':
      case 'release savepoint':
        if (state === 'reading') return 'any';
        return this.#marks.some(({ name }) => name === 'a') ? 'ok' : 'refused';
      case 'commit':
        // That the transaction is doomed changes nothing for its parts.
        return this.#doomed && this.#part() < 0 ? 'refused' : 'ok';
      case 'forbidden':
        return 'refused';
      case 'fail unheard':
      case 'unread stream':
        return 'any';
      default:
        return 'ok';
    }
  }

  #effect(step: FacadeStep, row: number): void {
    switch (step.do) {
      case 'begin':
        if (this.#state === 'writing') this.#marks.push({ name: undefined, rows: this.#rows.length });
        else this.#begun(this.#nextReads && step.text !== READ_WRITE ? 'reading' : 'writing');
        return;
      case 'begin to read':
        this.#begun('reading');
        return;
      case 'next reads':
        this.#nextReads = true;
        return;
      case 'commit':
      case 'rollback':
        this.#end(step.do);
        return;
      case 'savepoint':
        if (this.#state === 'writing') this.#marks.push({ name: 'a', rows: this.#rows.length });
        return;
      case 'rollback to':
      case 'release savepoint':
        if (this.#state === 'writing') this.#mark(step.do);
        return;
      case 'write':
        this.#rows.push(row);
        return;
      case 'fail unheard':
        this.#doomed = this.#state === 'writing';
        break;
      default:
    }
    if (this.#state === 'none') this.#nextReads = false; // It was the next transaction.
  }

  #begun(state: 'reading' | 'writing'): void {
    this.#ended();
    this.#state = state;
  }

  #ended(): void {
    this.#state = 'none';
    this.#nextReads = false;
    this.#doomed = false;
    this.#rows = [];
    this.#marks = [];
  }

  #part(): number {
    return this.#marks.findLastIndex(({ name }) => name === undefined);
  }

  #end(how: 'commit' | 'rollback'): void {
    const at = this.#part();
    if (at >= 0) {
      if (how === 'rollback') this.#rows.length = this.#marks[at]!.rows;
      this.#marks.length = at;
      return;
    }
    if (how === 'commit') for (const row of this.#rows) this.there.add(row);
    this.#ended();
  }

  #mark(how: 'rollback to' | 'release savepoint'): void {
    const at = this.#marks.findLastIndex(({ name }) => name === 'a');
    if (how === 'rollback to') this.#rows.length = this.#marks[at]!.rows;
    this.#marks.length = how === 'rollback to' ? at + 1 : at;
  }
}
