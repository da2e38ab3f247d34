import type { EventRow } from '../check/rows.ts';
import { runHandRelay } from './hand-relay.ts';
import { HandTable } from './hand-table.ts';

/** Planted bug: what could not be sent is put aside, and later rows of the same orders go before it. */
class RetriesLater extends HandTable {
  #aside: readonly EventRow[] = [];

  protected override passesOver(id: string): boolean {
    return super.passesOver(id) || this.#aside.some((row) => row.id === id);
  }

  protected override async relay(fresh: readonly EventRow[]): Promise<void> {
    if (fresh.length > 0) {
      try {
        await this.send(fresh);
      } catch {
        this.#aside = [...this.#aside, ...fresh];
        return;
      }
    }
    if (this.#aside.length > 0) await this.send(this.#aside);
    const sent = [...this.#aside, ...fresh];
    this.#aside = [];
    if (sent.length > 0) await this.settle(sent);
  }
}

runHandRelay(RetriesLater);
