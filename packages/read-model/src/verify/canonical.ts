/** Fields of a view's document that say where it came from, not what its order is. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['carriedOver']);

/**
 * Returns a view's content as text. Equal content gives equal text, whatever the order of the fields and the width in which
 * the server keeps an integer. Fields that no projection writes are content too: so a field that does not belong there shows
 * up.
 */
export function canonicalText(view: object): string {
  const fields = Object.entries(view).filter(([name]) => !BOOKKEEPING.has(name));
  return textOf(Object.fromEntries(fields));
}

function textOf(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return `time ${value.getTime()}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${textOf(field)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}
