import type { FenceState, JudgedFence, JudgedKeyFence } from './fence.ts';

/** The error number with which `ordershard_open` reports that a fence refuses. No transaction is open then. */
const REFUSED = 20_002;

/** The fences of a refused transaction, as the server found them. A missing one was locked, or there is none. */
export interface FenceRefusal {
  readonly fence: JudgedFence | undefined;
  readonly keyFences: readonly JudgedKeyFence[];
}

/** `state,next owner,writable_from` of the number, `state,next owner,generation` of the key, the time. */
const MESSAGE = /^([a-z]*),(\d*),(-?\d*),([a-z]*),(\d*),(\d*),(\d+)$/;
const ALL = { range_from: String(-(2n ** 63n)), range_to: String(2n ** 63n - 1n) } as const;

/**
 * Reads the refusal of a fence from the server's error. Undefined for any other error; then it is not known whether a
 * transaction is open.
 */
export function refusalOf(error: unknown): FenceRefusal | undefined {
  const { errno, sqlMessage } = error as { readonly errno?: number; readonly sqlMessage?: string };
  const found = errno === REFUSED ? MESSAGE.exec(sqlMessage ?? '') : null;
  if (found === null) return undefined;
  const [, state, nextOwner, writableFrom, keyState, keyNextOwner, keyGeneration, now] = found as string[];
  return {
    fence:
      state === ''
        ? undefined
        : {
            state: state as FenceState,
            next_owner: ownerOf(nextOwner!),
            writable_from: writableFrom!,
            now_ms: now!,
          },
    keyFences:
      keyState === ''
        ? []
        : [
            {
              key_generation: Number(keyGeneration),
              state: keyState as FenceState,
              next_owner: ownerOf(keyNextOwner!),
              ...ALL,
              now_ms: now!,
            },
          ],
  };
}

function ownerOf(text: string): number | null {
  return text === '' ? null : Number(text);
}
