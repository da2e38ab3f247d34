import type { Document } from 'mongodb';

/** The document of an event's JSON, written down with no checks. */
export function plainView(value: string): Document {
  const { number, total, items, timeline, placedAt, updatedAt, ...rest } = JSON.parse(value);
  return {
    _id: BigInt(number),
    ...rest,
    total: BigInt(total),
    items: items.map((item: Record<string, string>) => ({
      ...item,
      unitPrice: BigInt(item['unitPrice']!),
      amount: BigInt(item['amount']!),
    })),
    timeline: timeline.map((entry: { at: string }) => ({ ...entry, at: new Date(entry.at) })),
    placedAt: new Date(placedAt),
    updatedAt: new Date(updatedAt),
  };
}
