/**
 * What can be wrong: acknowledged data is missing; is there twice; is there but differs; came too early; or a log holds text
 * that no log may hold.
 */
export type FindingKind = 'missing' | 'duplicated' | 'mismatched' | 'outOfOrder' | 'leaked';

export type Place = 'api' | 'mysql' | 'kafka' | 'mongodb' | 'logs';

export interface Finding {
  readonly kind: FindingKind;
  readonly place: Place;
  /** The order number, or another text that identifies the subject. */
  readonly subject: string;
  readonly detail: string;
}

/** How many examples are kept; all are counted. */
const EXAMPLES = 20;

/** Counts what is wrong and keeps the first few examples. */
export class Findings {
  readonly counts: Record<FindingKind, number> = {
    missing: 0,
    duplicated: 0,
    mismatched: 0,
    outOfOrder: 0,
    leaked: 0,
  };
  readonly examples: Finding[] = [];

  add(kind: FindingKind, place: Place, subject: string, detail: string): void {
    this.counts[kind] += 1;
    if (this.examples.length < EXAMPLES) this.examples.push({ kind, place, subject, detail });
  }

  get none(): boolean {
    return Object.values(this.counts).every((count) => count === 0);
  }
}
