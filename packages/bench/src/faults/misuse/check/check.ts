import type { Connection } from 'mysql2/promise';
import { withPlain } from '../../connect.ts';
import type { Findings } from '../../findings.ts';
import type { Claims } from '../claims.ts';
import type { HonestJournal } from '../honest/journal.ts';
import { checkAccounts } from './accounts.ts';
import { checkCounters } from './counters.ts';
import { checkKeys, checkOrders } from './orders.ts';
import { type Owners, readOwners } from './owners.ts';
import { checkUses } from './uses.ts';

/** The dependencies of each part of the check. */
export interface Checked {
  /** Position = shard id. */
  readonly connections: readonly Connection[];
  readonly owners: Owners;
  readonly journal: HonestJournal;
  readonly claims: Claims;
  readonly findings: Findings;
}

/**
 * Reads every row of every shard and compares it with what was acknowledged. Each must be present once, on the shard whose
 * fence owns it. Nothing may be under way, and no move may be half done.
 */
export async function check(
  urls: readonly string[],
  journal: HonestJournal,
  claims: Claims,
  findings: Findings,
): Promise<void> {
  await withPlain(urls, async (connections) => {
    const checked = { connections, owners: await readOwners(connections), journal, claims, findings };
    await checkOrders(checked);
    await checkKeys(checked);
    await checkCounters(checked);
    await checkAccounts(checked);
    await checkUses(checked);
  });
}
