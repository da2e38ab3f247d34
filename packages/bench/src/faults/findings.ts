/**
 * The kinds of findings. `lost`: acknowledged, and not there. `duplicated`: there twice, or there although the request
 * failed. `outOfOrder`: after something that came later. `mismatched`: in part, different, or on a wrong shard. `failed`:
 * refused for too long. `misjudged`: neither refused by type nor right.
 */
export type FindingKind = 'lost' | 'duplicated' | 'outOfOrder' | 'mismatched' | 'failed' | 'misjudged';

export interface Finding {
  readonly kind: FindingKind;
  /** A number or key. */
  readonly subject: string;
  readonly detail: string;
}

/** How many findings are reported as soon as they are found. */
const TOLD = 20;

/** Everything that was found to be wrong. A finding that a later check finds again counts once. */
export class Findings {
  readonly #found = new Map<string, Finding>();
  readonly #tell: (finding: Finding) => void;

  /** @param tell is called at once with each of the first few findings */
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
