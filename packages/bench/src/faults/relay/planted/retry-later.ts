import type { EventRow } from '../check/rows.ts';
import { runHandRelay } from './hand-relay.ts';
import { HandTable } from './hand-table.ts';

/** Planted bug: what could not be sent is put aside, and later rows of the same orders go before it. */
class RetriesLater extends HandTable {
  #aside: readonly EventRow[] = [];

  protected override async relay(rows: readonly EventRow[]): Promise<void> {
    const aside = new Set(this.#aside.map(({ id }) => id));
    const fresh = rows.filter(({ id }) => !aside.has(id));
    if (fresh.length > 0) {
      try {
        await this.send(fresh);
      } catch {
        this.#aside = [...this.#aside, ...fresh];
        return;
      }
    }
    if (this.#aside.length > 0) await this.send(this.#aside);
    await this.settle([...this.#aside, ...fresh]);
    this.#aside = [];
  }
}

runHandRelay(RetriesLater);
