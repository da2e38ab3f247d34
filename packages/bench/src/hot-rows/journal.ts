/** The answers to all callers that wrote. */
export class Journal {
  applied = 0;
  /** Failed, with nothing written. */
  refused = 0;
  /** Failed, and may have been written. */
  unknown = 0;

  /** Makes one write and books its answer. @returns whether it was acknowledged */
  async book(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      this.applied += 1;
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ROUTER_UNKNOWN_OUTCOME') this.unknown += 1;
      else this.refused += 1;
      return false;
    }
  }

  /** @throws WrongSumError unless what is in the table is what was acknowledged */
  compare(written: number): void {
    const { applied, unknown } = this;
    if (written < applied || written > applied + unknown)
      throw new WrongSumError(`${written} writes are there, ${applied} acknowledged, ${unknown} unknown`);
  }
}

/** Acknowledged writes are not in the table, or others are. */
export class WrongSumError extends Error {
  override readonly name = 'WrongSumError';
  readonly code = 'BENCH_WRONG_SUM';
}
