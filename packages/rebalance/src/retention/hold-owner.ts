import type { HoldRow } from '../sql/retention/holds.ts';
import { HoldRefusedError } from './errors.ts';

/** Who asks, and the owner of the hold that they mean. */
export interface HoldClaim {
  readonly by: string;
  /** The owner of the hold that is to be ended or taken over, if that is somebody else. */
  readonly heldBy?: string | undefined;
}

/** A hold in words: by whom, since when, and why. */
export function holdText({ held_by: owner, held_at: at, reason }: HoldRow): string {
  return `held by ${owner} since ${at.slice(0, 16)} UTC${reason === '' ? '' : ` ("${reason}")`}`;
}

/**
 * Allows a hold to be changed by its owner, and by those who name its owner.
 *
 * @throws HoldRefusedError when it is somebody else's
 */
export function checkOwner(number: bigint, hold: HoldRow, { by, heldBy }: HoldClaim): void {
  if (hold.held_by === by || hold.held_by === heldBy) return;
  throw new HoldRefusedError(
    `number ${number} is ${holdText(hold)}: ask them, or say that you know, with \`--held-by ${hold.held_by}\``,
  );
}
