import type { FoundUse, Truth } from './check/truth.ts';
import type { Findings } from '../findings.ts';
import type { Outcome } from './outcome.ts';

/** A row that a wrong use is to write. */
export interface UseRow {
  readonly number: bigint;
  readonly id: string;
  readonly bucket: number;
  readonly body: string;
}

/** The answer to the call that was to write a row. */
export interface Claim {
  readonly use: string;
  readonly row: UseRow;
  readonly outcome: Outcome;
}

/** How often to look for a row: while it moves, it may go from a shard that is not read yet to one that was read already. */
const LOOKS = 5;

/** The answers to all wrong uses. */
export class Claims {
  readonly all: Claim[] = [];
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Compares claims with the rows that are there now. While buckets move, a row may lie on two shards for a time. */
  async judge(truth: Truth, claims: readonly Claim[]): Promise<void> {
    for (const [number, some] of Map.groupBy(claims, ({ row }) => row.number)) {
      let found = await truth.usesOf(number);
      for (let looks = 1; looks < LOOKS && some.some((claim) => isMissing(claim, found)); looks += 1)
        found = await truth.usesOf(number);
      for (const claim of some) this.compare(claim, found);
    }
    this.all.push(...claims);
  }

  /** @param found rows of the claim's number */
  compare({ use, row, outcome }: Claim, found: readonly FoundUse[]): void {
    const rows = found.filter(({ id }) => id === row.id);
    const subject = `${use} ${row.number} ${row.id}`;
    if (outcome === 'acknowledged' && rows.length === 0)
      this.#findings.add('lost', subject, 'acknowledged, and not there');
    if (outcome === 'refused' && rows.length > 0)
      this.#findings.add(
        'duplicated',
        subject,
        `refused, and on shard ${rows.map(({ shard }) => shard).join(', ')}`,
      );
    for (const { shard, body, bucket } of rows) {
      if (body !== row.body)
        this.#findings.add('mismatched', subject, `holds ${show(body)} instead of ${show(row.body)}`);
      if (bucket !== row.bucket)
        this.#findings.add('mismatched', subject, `carries bucket ${bucket} on shard ${shard}`);
    }
  }
}

function isMissing({ row, outcome }: Claim, found: readonly FoundUse[]): boolean {
  return outcome === 'acknowledged' && !found.some(({ id }) => id === row.id);
}

function show(body: string): string {
  return JSON.stringify(body.length > 60 ? `${body.slice(0, 60)}… (${body.length})` : body);
}
