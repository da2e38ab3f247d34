import type { BinlogPosition } from '../sql/read-binlog-position.ts';
import type { CommittedOffset } from './worker.ts';

/**
 * The target of a table's way back to the embedded relay, as it is stored with the table. Each row up to `settledId` lies in
 * the binary log before `position`, or will never be there.
 */
export interface Marker {
  readonly settledId: bigint;
  readonly position: BinlogPosition;
}

export type Handback =
  /** The connector has to reach the marker. */
  | {
      readonly step: 'marked';
      readonly marker: Marker;
      /** When the removal last checked, in milliseconds; storing it moves the binary log on. */
      readonly lookedAt?: number;
    }
  /** The connector has reached the marker: the embedded relay goes on above it. */
  | { readonly step: 'reached'; readonly settledId: bigint }
  /** The connector will not reach the marker: the embedded relay goes on where it left off. */
  | { readonly step: 'given-up' };

export function encodeHandback(handback: Handback): string {
  return JSON.stringify(handback, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

export function decodeHandback(text: string): Handback {
  return JSON.parse(text, (key, value: unknown) =>
    key === 'settledId' ? BigInt(value as string) : value,
  ) as Handback;
}

/**
 * Whether a connector that has committed `offset` has published everything that lies before `position`. `contains` compares
 * sets of GTIDs; files and positions are compared only where the server keeps no GTIDs, and only on one server.
 */
export async function hasReached(
  offset: CommittedOffset | undefined,
  position: BinlogPosition,
  contains: (part: string, whole: string) => Promise<boolean>,
): Promise<boolean> {
  if (offset === undefined || isSnapshot(offset)) return false;
  if (position.gtids !== '') {
    return offset.gtids !== undefined && (await contains(position.gtids, offset.gtids));
  }
  return comparePlaces(offset, position) >= 0;
}

/** Whether an offset lies within a snapshot: then rows before it may not have been published yet. */
export function isSnapshot(offset: CommittedOffset): boolean {
  return offset.snapshot !== undefined && offset.snapshot !== null && offset.snapshot !== false;
}

/** Compares two places in the binary log of one server. */
export function comparePlaces(
  left: { readonly file: string; readonly pos: number },
  right: { readonly file: string; readonly pos: number },
): number {
  return fileNumber(left.file) - fileNumber(right.file) || left.pos - right.pos;
}

/** `binlog.000012` is 12; beyond a million the numbers get longer, so they are not compared as text. */
function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}
