import type { BinlogPosition } from '../sql/read-binlog-position.ts';
import type { CommittedOffset } from './worker.ts';

/**
 * A way back to the embedded relay, as it is stored with the table. All rows up to `settledId` lie in the binary log
 * before `position`, or never will be.
 */
export interface Marker {
  readonly settledId: bigint;
  readonly position: BinlogPosition;
}

export type Handback =
  /** The connector has to get to the marker. */
  | {
      readonly step: 'marked';
      readonly marker: Marker;
      /** When it was last looked, in milliseconds; writing it moves the binary log on. */
      readonly lookedAt?: number;
    }
  /** It has: the embedded relay goes on above the marker. */
  | { readonly step: 'reached'; readonly settledId: bigint }
  /** It will not: the embedded relay goes on where it has left off. */
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
 * Whether a connector that has committed `offset` has published all that lies before `position`. `contains` compares
 * sets of GTIDs; files and offsets are only compared where the server keeps none, and on one server.
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

/** Whether an offset is from within a snapshot: rows before it may still have to come. */
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
