/** What can be wrong: acknowledged and not there; there twice, or of a request that failed; in part, or different. */
export type FindingKind = 'lost' | 'duplicated' | 'mismatched';

export interface Finding {
  readonly kind: FindingKind;
  /** A number or key. */
  readonly subject: string;
  readonly detail: string;
}

/** What was found to be wrong. What is found again by a later check counts once. */
export class Findings {
  readonly #found = new Map<string, Finding>();

  add(kind: FindingKind, subject: string, detail: string): void {
    this.#found.set(JSON.stringify([kind, subject, detail]), { kind, subject, detail });
  }

  count(kind: FindingKind): number {
    return this.all().filter((finding) => finding.kind === kind).length;
  }

  all(): readonly Finding[] {
    return [...this.#found.values()];
  }
}
