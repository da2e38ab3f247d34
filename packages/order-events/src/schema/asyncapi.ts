import { ORDER_EVENT_TYPES } from '../event.ts';
import { EVENT_TOPICS } from '../topics.ts';
import { HEADERS_SCHEMA, ORDER_REFERENCE_SCHEMA, ORDER_SNAPSHOT_SCHEMA } from './json-schemas.ts';

const TYPES = ORDER_EVENT_TYPES;

const FORMS = [
  {
    channel: 'snapshots',
    address: EVENT_TOPICS.snapshots,
    schema: 'orderSnapshot',
    title: 'External: each change of an order, with the order as it is after it.',
  },
  {
    channel: 'events',
    address: EVENT_TOPICS.events,
    schema: 'orderReference',
    title: 'Internal: each change of an order, with no more than which it is.',
  },
] as const;

type Form = (typeof FORMS)[number];

/** An AsyncAPI 3.0 document of the topics and their messages. Topics may have a prefix of the cluster's. */
export function asyncApiDocument(): Readonly<Record<string, unknown>> {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Ordershard order events',
      version: '1.0.0',
      description:
        'CloudEvents 1.0 in binary mode. The key is the order number, so that events of an order are in one partition, ' +
        'in the order of its versions. An event may come more than once: ce_id tells repeats, ce_sequence what is newer.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(FORMS.map((form) => [form.channel, channelOf(form)])),
    operations: Object.fromEntries(
      FORMS.map(({ channel, title }) => [
        `publish-${channel}`,
        { action: 'send', channel: { $ref: `#/channels/${channel}` }, summary: title },
      ]),
    ),
    components: {
      schemas: { orderSnapshot: ORDER_SNAPSHOT_SCHEMA, orderReference: ORDER_REFERENCE_SCHEMA },
      messageTraits: { cloudEvent: { headers: HEADERS_SCHEMA } },
    },
  };
}

function channelOf({ address, schema, title }: Form): Readonly<Record<string, unknown>> {
  return {
    address,
    title,
    messages: Object.fromEntries(TYPES.map((type) => [type.replaceAll('.', '-'), messageOf(type, schema)])),
    bindings: { kafka: { topic: address, bindingVersion: '0.5.0' } },
  };
}

function messageOf(type: string, schema: string): Readonly<Record<string, unknown>> {
  return {
    name: type,
    title: type,
    traits: [{ $ref: '#/components/messageTraits/cloudEvent' }],
    headers: { type: 'object', properties: { ce_type: { const: type } } },
    payload: { $ref: `#/components/schemas/${schema}` },
    bindings: {
      kafka: { key: { type: 'string', description: 'The order number.' }, bindingVersion: '0.5.0' },
    },
  };
}
