import { ORDER_EVENT_TYPES } from '../event.ts';
import { ACTORS, ORDER_STATUSES } from '../snapshot.ts';
import { SNAPSHOT_MEMBERS } from '../check-snapshot.ts';
import { dataSchemaOf } from '../versions/data-schema.ts';

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

const orderNumber = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,18})$',
  description: 'Order number: a 63-bit integer as decimal text.',
};
const amount = {
  type: 'string',
  pattern: '^-?(0|[1-9][0-9]{0,18})$',
  description: 'Amount in minor units of the currency: a 64-bit integer as decimal text.',
};
const version = { type: 'integer', minimum: 1, description: "Counts the order's changes from 1." };
const time = { type: 'string', format: 'date-time', description: 'RFC 3339, UTC.' };
const text = { type: 'string' };
const status = { enum: [...ORDER_STATUSES] };
const ending = {
  type: 'object',
  properties: { by: { enum: [...ACTORS] }, reason: text },
  required: ['by', 'reason'],
};

/** The information of an order event, as of one version of the order. Members that are not named may come. */
export const ORDER_SNAPSHOT_SCHEMA: JsonSchema = {
  $schema: DIALECT,
  $id: dataSchemaOf('snapshot', 1),
  title: 'Order snapshot, version 1',
  type: 'object',
  properties: {
    number: orderNumber,
    version,
    status,
    memberId: text,
    shopId: text,
    shopName: text,
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217.' },
    total: amount,
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          line: { type: 'integer', minimum: 1 },
          menuId: text,
          name: text,
          unitPrice: amount,
          quantity: { type: 'integer', minimum: 1 },
          amount,
        },
        required: ['line', 'menuId', 'name', 'unitPrice', 'quantity', 'amount'],
      },
    },
    deliveryAddress: {
      type: 'object',
      properties: { line1: text, line2: text, city: text, postalCode: text },
      required: ['line1'],
    },
    note: text,
    timeline: {
      type: 'array',
      items: { type: 'object', properties: { status, at: time }, required: ['status', 'at'] },
    },
    cancellation: ending,
    refund: ending,
    placedAt: time,
    updatedAt: time,
  },
  required: Object.keys(SNAPSHOT_MEMBERS),
};

/** What a zero-payload event holds: which change it is of. */
export const ORDER_REFERENCE_SCHEMA: JsonSchema = {
  $schema: DIALECT,
  $id: dataSchemaOf('zero', 1),
  title: 'Order reference, version 1',
  type: 'object',
  properties: { number: orderNumber, version },
  required: ['number', 'version'],
};

/** The headers of every message. */
export const HEADERS_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    ce_specversion: { const: '1.0' },
    ce_id: { ...text, description: '<order number>-<version>: the same change has the same id.' },
    ce_source: { ...text, format: 'uri-reference', description: 'Who publishes.' },
    ce_type: { enum: [...ORDER_EVENT_TYPES] },
    ce_subject: orderNumber,
    ce_time: time,
    ce_sequence: { type: 'string', pattern: '^[1-9][0-9]*$', description: "The order's version." },
    ce_dataschema: {
      ...text,
      format: 'uri-reference',
      description: 'Form and schema version of the value; without it a snapshot of version 1.',
    },
    'content-type': { const: 'application/json' },
    traceparent: { ...text, description: 'W3C trace context of the request that made the change.' },
    'ordershard-republished': { ...text, description: 'On what was published again: by which run.' },
  },
  required: [
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_subject',
    'ce_time',
    'ce_sequence',
    'content-type',
  ],
};

/** The schemas that are published as files, by their names. */
export const SCHEMA_FILES: Readonly<Record<string, JsonSchema>> = {
  'order-snapshot.1.json': ORDER_SNAPSHOT_SCHEMA,
  'order-reference.1.json': ORDER_REFERENCE_SCHEMA,
};
