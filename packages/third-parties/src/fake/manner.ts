import { z } from 'zod';

const share = z.number().min(0).max(1);
const ms = z.number().int().min(0).max(3_600_000);

/** How a fake third party behaves. A field that is left out of a change stays as it is. Shares are from 0 to 1. */
export const mannerShape = z.strictObject({
  /** Takes no request: connections are cut at once. */
  down: z.boolean(),
  /** How long an answer takes, milliseconds, evenly spread. */
  delayMs: z.tuple([ms, ms]),
  /** Requests answered with 500, with nothing done. */
  errors: share,
  /** Requests that are carried out, and whose answer is lost. */
  lost: share,
  /** Answers that deny a known demand, and callbacks that say the opposite of the truth. */
  lies: share,
  /** Callbacks that are sent twice. */
  duplicates: share,
  /** Callbacks that are never sent. */
  dropped: share,
  /** Demands that are declined, refused or failed. */
  declined: share,
  /** Demands that are answered later, by a callback. The shop and the delivery always are. */
  later: share,
  /** How long what people do takes, milliseconds: to confirm, to cook, to ride. */
  stepMs: ms,
});

export type Manner = z.infer<typeof mannerShape>;

export const GOOD_MANNER: Manner = {
  down: false,
  delayMs: [2, 20],
  errors: 0,
  lost: 0,
  lies: 0,
  duplicates: 0,
  dropped: 0,
  declined: 0.02,
  later: 0.1,
  stepMs: 200,
};
