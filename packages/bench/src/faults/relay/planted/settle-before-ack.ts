import type { EventRow } from '../check/rows.ts';
import { runHandRelay } from './hand-relay.ts';
import { HandTable } from './hand-table.ts';

/** Planted bug: rows are settled before the broker has acknowledged them. */
class SettlesBeforeAck extends HandTable {
  protected override async relay(rows: readonly EventRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.settle(rows);
    await this.send(rows);
  }
}

runHandRelay(SettlesBeforeAck);
