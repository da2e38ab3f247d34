import { runHandRelay } from './hand-relay.ts';
import { HandTable } from './hand-table.ts';

/** Planted bug: only ids above the last published one are read, so a row of a late commit is never seen. */
class ReadsAboveLast extends HandTable {
  protected override floor(): bigint {
    return this.last;
  }
}

runHandRelay(ReadsAboveLast);
