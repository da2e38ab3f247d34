import { EnvelopeError } from '../errors.ts';
import type { Upcaster } from './upcast.ts';

/** The forms of an event's data. */
export type Form = 'snapshot' | 'zero';

const PATHS = {
  snapshot: '/ordershard/schemas/order-snapshot',
  zero: '/ordershard/schemas/order-reference',
} as const;

/** The steps between the versions of the snapshot; there is only version 1 so far. */
export const SNAPSHOT_UPCASTERS: readonly Upcaster[] = [];

/** Returns the `ce_dataschema` of data: a URI reference of form and version. */
export function dataSchemaOf(form: Form, version: number): string {
  return `${PATHS[form]}/${version}`;
}

/**
 * Form and version of an event's data by `ce_dataschema`. Without one it is a snapshot of version 1.
 *
 * @throws EnvelopeError when it names neither form
 */
export function readDataSchema(text: string | undefined): { readonly form: Form; readonly version: number } {
  if (text === undefined || text === '') return { form: 'snapshot', version: 1 };
  const [, path, version] = /^(.*)\/([1-9]\d{0,5})$/.exec(text) ?? [];
  if (path === PATHS.snapshot) return { form: 'snapshot', version: Number(version) };
  if (path === PATHS.zero) return { form: 'zero', version: Number(version) };
  throw new EnvelopeError(`ce_dataschema ${text} is not known`);
}

/** How the JSON of a snapshot of version 2 or later begins. */
const MARK = '{"schemaVersion":';

/** The index of the first byte in which the mark differs from the beginning of the JSON of version 1: `{"number"`. */
const AT = 2;
const LETTER_S = 115;

/**
 * Returns the schema version of the JSON of a snapshot: its first member, `schemaVersion`; 1 without it. The version is in
 * the data, at its start, because a later release than the one that wrote an outbox row may publish it. That release must
 * find the version without a look through the JSON, and without a column for it.
 */
export function versionOfJson(json: string | Buffer): number {
  const letter = typeof json === 'string' ? json.charCodeAt(AT) : json[AT];
  if (letter !== LETTER_S) return 1;
  const start = typeof json === 'string' ? json.slice(0, 32) : json.toString('latin1', 0, 32);
  const version = start.startsWith(MARK) ? Number.parseInt(start.slice(MARK.length), 10) : 1;
  return Number.isNaN(version) ? 1 : version;
}
