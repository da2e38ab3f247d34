type Reviver = (key: string, value: unknown) => unknown;

const INTEGER = /^-?\d+$/;

/** Integers that a floating-point number could round become bigints; everything else is as JSON.parse gives it. */
const reviveWideIntegers = ((_key: string, value: unknown, context?: { source?: string }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && INTEGER.test(context?.source ?? '')
    ? BigInt(context!.source!)
    : value) as Reviver;

/** All integers become bigints, so that what is still a number was written with a fraction or an exponent. */
const reviveIntegers = ((_key: string, value: unknown, context?: { source?: string }) =>
  typeof value === 'number' && INTEGER.test(context?.source ?? '')
    ? BigInt(context!.source!)
    : value) as Reviver;

/** A bare number of 16 digits or more can lie beyond 2^53. A false alarm inside a text costs time only. */
const WIDE_INTEGER = /[\s:[,]-?\d{16}/;

/**
 * Parses JSON so that no integer is rounded: those beyond 2^53 come as bigints. Without any such digits in the text a
 * reviver is not needed, and JSON.parse alone takes a tenth of the time.
 */
export function parseExact(json: string): unknown {
  return WIDE_INTEGER.test(json) ? JSON.parse(json, reviveWideIntegers) : JSON.parse(json);
}

/** Parses JSON with every integer as a bigint. */
export function parseWithBigInts(json: string): unknown {
  return JSON.parse(json, reviveIntegers);
}
