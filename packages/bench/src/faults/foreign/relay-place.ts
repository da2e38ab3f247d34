import type { OwnProcess } from '@ordershard/stack';

const ANSWER_MS = 1_000;

/** What a relay says of itself. */
export interface RelayReadiness {
  readonly ok: boolean;
  readonly problems: readonly string[];
}

/** Undefined when it does not answer at all. */
export async function readinessOf({ port }: OwnProcess): Promise<RelayReadiness | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal });
    const { problems = [] } = (await response.json()) as Partial<RelayReadiness>;
    return { ok: response.ok, problems };
  } catch {
    return undefined;
  }
}

/** Rows of all tables that are not known to be published; undefined while the relay does not say. */
export async function lagOf({ port }: OwnProcess): Promise<number | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal })).text();
    const lines = text.split('\n').filter((line) => line.startsWith('ordershard_outbox_lag_rows{'));
    if (lines.length === 0) return undefined;
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  } catch {
    return undefined;
  }
}
