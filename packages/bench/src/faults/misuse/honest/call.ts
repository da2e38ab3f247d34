import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../../findings.ts';
import { codeOf, messageOf } from '../outcome.ts';

/** For how long an honest call may be refused before it succeeds, milliseconds. */
const MAY_FAIL_MS = 1_000;
const MAX_FAILING_MS = 60_000;
const BACKOFF_MS = 20;

/** Makes an honest call until it succeeds, as a client does, and notes how long it was refused. */
export class Calls {
  acknowledged = 0;
  /** How often calls failed and were made again, by code. */
  readonly askedAgain = new Map<string, number>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /**
   * @param what the call's name in a finding
   * @param unknown is called for each outcome that is not known; the call is then made again unless it returns false
   * @returns false when the call has never succeeded
   */
  async make(
    what: string,
    call: () => Promise<unknown>,
    unknown: () => boolean = () => true,
  ): Promise<boolean> {
    let first = Infinity;
    for (;;) {
      try {
        await call();
        this.acknowledged += 1;
        return true;
      } catch (error) {
        const code = codeOf(error);
        this.askedAgain.set(code, (this.askedAgain.get(code) ?? 0) + 1);
        const now = performance.now();
        first = Math.min(first, now);
        if (now - first > MAY_FAIL_MS)
          this.#findings.add('failed', what, `is refused for over a second: ${messageOf(error)}`);
        if (now - first > MAX_FAILING_MS) return false;
        if (code === 'ROUTER_UNKNOWN_OUTCOME' && !unknown()) return true;
        await sleep(BACKOFF_MS);
      }
    }
  }
}
