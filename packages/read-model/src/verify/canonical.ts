/** Fields of a view's document that say where it came from, not what its order is. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['carriedOver']);

/**
 * A view's content as text: equal for equal content, whatever the order of fields and whichever width the server keeps
 * an integer in. Fields that no projection writes are content too, so that one that does not belong there is seen.
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
