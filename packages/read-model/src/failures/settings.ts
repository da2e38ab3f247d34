import { RETRY_STAGES } from '@ordershard/order-events';
import { commaList } from '@ordershard/process';
import { z } from 'zod';
import { ORDER_VIEWS_PROJECTION, SHOP_DAYS_PROJECTION } from '../views/collections.ts';

const DAY_S = 86_400;

/** Settings of what becomes of messages that fail, by their names. */
export const failureShape = {
  ORDERSHARD_RETRY_DELAYS: commaList
    .refine((parts) => parts.length <= RETRY_STAGES, `must be 1 to ${RETRY_STAGES} numbers of seconds`)
    .transform((parts) => parts.map(Number))
    .refine(
      (delays) => delays.every((delay, at) => delay >= 0 && delay <= DAY_S && delay >= (delays[at - 1] ?? 0)),
      `must be seconds from 0 to ${DAY_S}, such as 5,60,600, none shorter than the one before`,
    )
    .default([5, 60, 600]),
  ORDERSHARD_RELEASE: z
    .string()
    .regex(/^[A-Za-z0-9._@,+:/-]{1,200}$/, 'must be 1 to 200 letters, digits or . _ @ , + : / -')
    .default(
      [ORDER_VIEWS_PROJECTION, SHOP_DAYS_PROJECTION].map(({ name, version }) => `${name}@${version}`).join(),
    ),
};

/** What becomes of messages that fail. */
export interface FailureSettings {
  /** Milliseconds before each next try. */
  readonly retryDelaysMs: readonly number[];
  /** The name of the deployed release. A newer release replays, once, the letters that failed under another one. */
  readonly release: string;
}

export function failureSettings(read: {
  readonly ORDERSHARD_RETRY_DELAYS: readonly number[];
  readonly ORDERSHARD_RELEASE: string;
}): FailureSettings {
  return {
    retryDelaysMs: read.ORDERSHARD_RETRY_DELAYS.map((seconds) => Math.round(seconds * 1_000)),
    release: read.ORDERSHARD_RELEASE,
  };
}
