import type { RowDataPacket } from 'mysql2/promise';
import { withPlain } from '../connect.ts';
import type { Findings } from '../findings.ts';
import { bucketOf } from '../murmur.ts';
import { type OrderRow, orderRows } from '../write/check/rows.ts';
import { Ownership } from '../write/check/ownership.ts';
import type { Assignments } from './assignments.ts';
import { dayOfNumber } from './days.ts';
import type { Journal, KnownOrder } from './journal.ts';
import type { ReadOrder } from './messages.ts';

/** What orders are compared with. */
export interface Expected {
  readonly journal: Journal;
  readonly assignments: Assignments;
  readonly findings: Findings;
  /** The oldest UTC day, as days since 1970, that retention has left. */
  readonly oldest: number;
}

/**
 * Compares every order on the shards with what was acknowledged. Each must be there once, as it was acknowledged last, on the
 * shard that its number's epoch says, and where it was seen first.
 *
 * @returns orders by shard
 */
export function checkDay(urls: readonly string[], expected: Expected): Promise<readonly number[]> {
  const { journal, findings, oldest } = expected;
  return withPlain(urls, async (connections) => {
    const ownership = await Ownership.read(connections);
    const seen = new Set<string>();
    const counts: number[] = [];
    for (const [shard, connection] of connections.entries()) {
      counts[shard] = 0;
      for await (const row of orderRows(connection)) {
        counts[shard] += 1;
        if (seen.has(row.number)) findings.add('duplicated', row.number, `an order again on shard ${shard}`);
        seen.add(row.number);
        compareRow(row, shard, ownership, expected);
      }
      const [carried] = await connection.query<RowDataPacket[]>('SELECT number FROM orders_carried');
      for (const { number } of carried)
        findings.add('mismatched', String(number), `was carried over on shard ${shard}, and is final`);
    }
    for (const { number, key } of journal.orders.values())
      if (!seen.has(number) && dayOfNumber(number) >= oldest)
        findings.add('lost', number, `the order of ${key} is nowhere`);
    return counts;
  });
}

function compareRow(row: OrderRow, shard: number, ownership: Ownership, expected: Expected): void {
  const { journal, assignments, findings, oldest } = expected;
  const { number, bucket, version, status, total, note } = row;
  const wrong = (detail: string) => findings.add('mismatched', number, detail);
  const known = journal.orders.get(number);
  if (known === undefined) {
    findings.add(
      'duplicated',
      number,
      `the order of ${note} is on shard ${shard}, and nobody was told of it`,
    );
    return;
  }
  if (dayOfNumber(number) < oldest) wrong(`is on shard ${shard}, and past its retention`);
  if (bucket !== bucketOf(number, ownership.buckets)) wrong(`is in bucket ${bucket}`);
  const owner = assignments.ownerOf(number);
  if (shard !== owner) wrong(`is on shard ${shard}, its epoch says ${owner}`);
  if (ownership.ofNumber(number) !== owner)
    wrong(`its epoch says shard ${owner}, the fences ${ownership.ofNumber(number)}`);
  known.home ??= shard;
  if (known.home !== shard) wrong(`is on shard ${shard}, and was on ${known.home}: it was copied`);
  if (version < known.version) findings.add('lost', number, `at version ${version}, not ${known.version}`);
  else compareOrder({ number, shard, version, status, total }, known, findings);
  if (note !== known.key) wrong(`is the order of ${note}, acknowledged as that of ${known.key}`);
  if (Number(row.timeline) !== version)
    wrong(`has ${row.timeline} entries in its timeline at version ${version}`);
}

/** Looks whether orders were found by their numbers, on the shards that their epochs say, as they were acknowledged. */
export function checkReads(
  numbers: readonly string[],
  reads: readonly ReadOrder[],
  who: string,
  expected: Expected,
): void {
  const { journal, assignments, findings } = expected;
  const found = new Map(reads.map((read) => [read.number, read]));
  for (const number of numbers) {
    const read = found.get(number);
    if (read === undefined || read.shard < 0) {
      findings.add('lost', number, `${who} does not find it by its number`);
      continue;
    }
    const owner = assignments.ownerOf(number);
    if (read.shard !== owner)
      findings.add('mismatched', number, `${who} finds it on shard ${read.shard}, its epoch says ${owner}`);
    compareOrder(read, journal.orders.get(number)!, findings);
  }
}

function compareOrder(row: ReadOrder, known: KnownOrder, findings: Findings): void {
  for (const field of ['version', 'status', 'total'] as const)
    if (row[field] !== known[field])
      findings.add('mismatched', row.number, `its ${field} is ${row[field]}, acknowledged ${known[field]}`);
}
