/** An order in one notation for row and view: equal text for equal content. Integers are decimal text, times RFC 3339. */
export function contentText(order: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(plain(order));
}

/** Fields sorted; what is absent, null or undefined is left out. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}
