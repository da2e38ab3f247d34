import type { Finding } from '../check/findings.ts';
import type { Kill } from '../processes/chaos.ts';

/** The result of a run. */
export interface Summary {
  /** Orders that the API acknowledged. */
  readonly acknowledged: number;
  /** Acknowledged changes of orders, their placing included. */
  readonly effects: number;
  readonly requests: number;
  /** Answers that the plan did not expect; the client repeated each of these requests. */
  readonly surprises: number;
  /** Order rows of each shard. */
  readonly perShard: readonly number[];
  /** Versions in Kafka, each counted once. */
  readonly events: number;
  readonly redelivered: number;
  readonly views: number;
  readonly missing: number;
  readonly duplicated: number;
  readonly mismatched: number;
  readonly outOfOrder: number;
  /** Log lines that have a token, a phone number, an address or a note. */
  readonly leaked: number;
  /** Lines of the logs that were looked through. */
  readonly logLines: number;
  readonly ordersPerSecond: number;
  /** Length of the day, seconds. */
  readonly seconds: number;
  /** From acknowledgement to visible view, milliseconds; null when none was seen. */
  readonly visibleMs: { readonly p50: number | null; readonly p99: number | null };
  /** Input rows that could not be used. */
  readonly refusedRows: number;
  readonly kills: readonly Kill[] | null;
  /** Calls that never got their answer, and other failures. */
  readonly failures: readonly string[];
  readonly examples: readonly Finding[];
}

/** Whether nothing is missing, doubled, different, out of order, leaked to a log or left undone. */
export function isRight(summary: Summary): boolean {
  const { missing, duplicated, mismatched, outOfOrder, leaked, failures, kills } = summary;
  const landed = kills === null || kills.some((kill) => kill.landed);
  return missing + duplicated + mismatched + outOfOrder + leaked + failures.length === 0 && landed;
}

/** The documented exit codes. */
export const EXIT = { right: 0, wrong: 1, usage: 2, rowsRefused: 3, interrupted: 130 } as const;

export function exitCodeOf(summary: Summary): number {
  if (!isRight(summary)) return EXIT.wrong;
  return summary.refusedRows > 0 ? EXIT.rowsRefused : EXIT.right;
}

/** Each shard's share of all rows, in percent with one decimal. */
export function balanceOf(perShard: readonly number[]): number[] {
  const all = perShard.reduce((sum, rows) => sum + rows, 0);
  return perShard.map((rows) => (all === 0 ? 0 : Math.round((rows / all) * 1_000) / 10));
}

/** The summary as one line of JSON. */
export function toJson(summary: Summary): string {
  const { examples, kills, ...figures } = summary;
  return JSON.stringify({
    ...figures,
    balancePercent: balanceOf(summary.perShard),
    ordersPerSecond: round(summary.ordersPerSecond),
    seconds: round(summary.seconds),
    visibleMs: { p50: roundOrNull(summary.visibleMs.p50), p99: roundOrNull(summary.visibleMs.p99) },
    kills: kills === null ? 0 : kills.filter((kill) => kill.landed).length,
    examples,
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : round(value);
}
