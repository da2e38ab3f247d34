/**
 * What can be wrong: acknowledged and not there; there twice, or of a request that failed; after what came later; in
 * part, different, or on a wrong shard; refused for too long; neither refused by type nor right.
 */
export type FindingKind = 'lost' | 'duplicated' | 'outOfOrder' | 'mismatched' | 'failed' | 'misjudged';

export interface Finding {
  readonly kind: FindingKind;
  /** A number or key. */
  readonly subject: string;
  readonly detail: string;
}

/** How many are told at once. */
const TOLD = 20;

/** What was found to be wrong. What is found again by a later check counts once. */
export class Findings {
  readonly #found = new Map<string, Finding>();
  readonly #tell: (finding: Finding) => void;

  /** @param tell is told of the first few at once */
  constructor(tell: (finding: Finding) => void = () => undefined) {
    this.#tell = tell;
  }

  add(kind: FindingKind, subject: string, detail: string): void {
    const name = JSON.stringify([kind, subject, detail]);
    if (this.#found.has(name)) return;
    const finding = { kind, subject, detail };
    this.#found.set(name, finding);
    if (this.#found.size <= TOLD) this.#tell(finding);
  }

  count(kind: FindingKind): number {
    return this.all().filter((finding) => finding.kind === kind).length;
  }

  all(): readonly Finding[] {
    return [...this.#found.values()];
  }
}
