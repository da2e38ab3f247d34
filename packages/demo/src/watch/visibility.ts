/** What is known of an order's view. */
interface Watched {
  /** The highest version that the view was seen to have. */
  seen: number;
  /** Acknowledged versions that the view has not reached, with the time of their acknowledgement. */
  waiting: { readonly version: number; readonly at: number }[];
}

/**
 * Measures the time from the acknowledgement of a version to the moment at which the order's view has at least that
 * version; 0 when the view was first. Times in milliseconds of one clock. Pure.
 */
export class Visibility {
  readonly samples: number[] = [];
  /** Acknowledged versions that no view shows yet. */
  pending = 0;
  /** Changes of views that were seen. */
  changes = 0;
  readonly #watched = new Map<string, Watched>();

  acknowledged(number: string, version: number, at: number): void {
    const watched = this.#of(number);
    if (watched.seen >= version) {
      this.samples.push(0);
      return;
    }
    watched.waiting.push({ version, at });
    this.pending += 1;
  }

  seen(number: string, version: number, at: number): void {
    this.changes += 1;
    const watched = this.#of(number);
    if (version <= watched.seen) return;
    watched.seen = version;
    if (watched.waiting.length === 0) return;
    for (const waiting of watched.waiting) {
      if (waiting.version > version) continue;
      this.samples.push(Math.max(0, at - waiting.at));
      this.pending -= 1;
    }
    watched.waiting = watched.waiting.filter((waiting) => waiting.version > version);
  }

  /** The smallest sample that `share` of all samples do not exceed; undefined without samples. */
  percentile(share: number): number | undefined {
    const sorted = Float64Array.from(this.samples).toSorted();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }

  /** Returns the median of the last thousand samples: the present state, cheap enough to compute all the time. */
  recentMedian(): number | undefined {
    const sorted = Float64Array.from(this.samples.slice(-1_000)).toSorted();
    return sorted[sorted.length >> 1];
  }

  #of(number: string): Watched {
    let watched = this.#watched.get(number);
    if (watched === undefined) {
      watched = { seen: 0, waiting: [] };
      this.#watched.set(number, watched);
    }
    return watched;
  }
}
