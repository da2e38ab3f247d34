import { InvalidArgumentError } from 'commander';

/** Reads a shard's id. */
export function shardId(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) < 1_024) return Number(text);
  throw new InvalidArgumentError('a shard id is a whole number from 0 to 1023');
}

/** Reads a whole number within bounds. */
export function wholeWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    const bound = (value: number) => value.toLocaleString('en-US');
    throw new InvalidArgumentError(`it is a whole number from ${bound(least)} to ${bound(most)}`);
  };
}

/** Reads a number of an order, or of whatever the numbers are of. Separators of thousands are let in. */
export function numberOf(text: string): bigint {
  const digits = text.replaceAll(',', '');
  if (/^\d{1,19}$/.test(digits) && BigInt(digits) < 2n ** 63n) return BigInt(digits);
  throw new InvalidArgumentError('a number is decimal, of 63 bits');
}

/** Reads the id of a plan, or its beginning, as it is printed. */
export function planIdOf(text: string): string {
  if (/^[0-9a-f-]{4,36}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('an id of a plan is what `status` shows, or its first characters');
}

/** Reads a text of so many characters at the most, as the log keeps it. */
export function textWithin(most: number): (text: string) => string {
  return (text) => {
    if (text.trim() === '') throw new InvalidArgumentError('it is empty');
    const { length } = Array.from(text);
    if (length <= most) return text;
    throw new InvalidArgumentError(`it has ${length} characters: ${most} are the most`);
  };
}

/** Reads a UTC day. */
export function dayOf(text: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(NaN);
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('a day is YYYY-MM-DD, such as 2026-01-31');
}

/** Reads how far ahead an epoch begins: seconds, a day at the most, since nothing else can be opened until then. */
export const secondsAhead = wholeWithin(65, 86_400);

/** Reads one value more of an option that can be repeated. */
export const collected =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[] = []): readonly T[] => [...before, read(text)];
