import { EnvelopeError } from './errors.ts';
import type { OrderSnapshot } from './snapshot.ts';

/**
 * The members that every snapshot has, by kind. Other members are not checked: a member that a later release adds does no
 * harm.
 */
export const SNAPSHOT_MEMBERS = {
  number: 'string',
  version: 'number',
  status: 'string',
  memberId: 'string',
  shopId: 'string',
  shopName: 'string',
  currency: 'string',
  total: 'string',
  items: 'array',
  timeline: 'array',
  placedAt: 'string',
  updatedAt: 'string',
} as const satisfies Partial<Record<keyof OrderSnapshot, 'string' | 'number' | 'array'>>;

const MEMBERS = Object.entries(SNAPSHOT_MEMBERS);

/**
 * Returns data as a snapshot if it has every member of a snapshot.
 *
 * @throws EnvelopeError naming the first member that is missing or of another kind
 */
export function checkSnapshot(data: unknown): OrderSnapshot {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new EnvelopeError('the value is not an order');
  const members = data as Readonly<Record<string, unknown>>;
  for (const [name, kind] of MEMBERS) {
    const value = members[name];
    const fits = kind === 'array' ? Array.isArray(value) : typeof value === kind;
    if (!fits)
      throw new EnvelopeError(`${name} of the data is ${value === undefined ? 'missing' : `no ${kind}`}`);
  }
  return data as OrderSnapshot;
}
