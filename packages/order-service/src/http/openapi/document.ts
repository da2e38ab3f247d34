import { z } from 'zod';
import { OPERATIONS } from '../operations/operations.ts';
import type { Answer, AnswerHeader, HeaderName, Operation } from '../operation.ts';
import { PROBLEMS, type ProblemName } from '../problem.ts';
import { problem } from '../schemas/answers.ts';
import { id, idempotencyKey, orderNumber, readerTokens } from '../schemas/requests.ts';
import { componentSchemas, schemaOf, type JsonSchema } from './json-schema.ts';
import { problemsOf } from './problems-of.ts';

const PATH_PARAMETERS: Readonly<
  Record<string, { readonly schema: z.ZodType; readonly description: string }>
> = {
  number: { schema: orderNumber, description: 'The order number.' },
  memberId: { schema: id, description: 'The id of the member.' },
  shopId: { schema: id, description: 'The id of the shop.' },
};

const HEADERS: Readonly<Record<HeaderName, { readonly schema: JsonSchema; readonly description: string }>> = {
  'Idempotency-Key': {
    schema: schemaOf(idempotencyKey),
    description:
      'Makes the request safe to send again. Another request under the key of an earlier one is refused.',
  },
  'If-Match': {
    schema: { type: 'string' },
    description:
      'The ETags of the versions that the order may be at. At any other nothing is changed, and 412 says so.',
  },
  'If-None-Match': {
    schema: { type: 'string' },
    description: 'The ETag of the version that the caller has: 304 says that there is no other.',
  },
  'Last-Event-ID': {
    schema: { type: 'string', pattern: '^(?:0|[1-9][0-9]{0,8})?$' },
    description: 'The id of the last event that was seen; the stream goes on after it.',
  },
  'Reader-Token': {
    schema: schemaOf(readerTokens),
    description:
      'The `Reader-Token` of the last answer, or those of up to 8 answers with commas between them: nothing older is shown than they showed.',
  },
  traceparent: { schema: { type: 'string' }, description: 'W3C trace context, which goes into the events.' },
  'X-Request-Id': { schema: { type: 'string' }, description: 'Names the request in logs and answer.' },
};

const ANSWER_HEADERS: Readonly<Record<AnswerHeader, string>> = {
  ETag: 'The version of the order, in quotes.',
  'Idempotent-Replayed': '`true` when an earlier request has been carried out, and this is its answer.',
  Location: 'The path of the order.',
  'Order-Version': 'Number and version of the order, for reads that must see it: `atLeast`.',
  'Reader-Token':
    'To be sent with the next request, which then shows nothing older than this answer. Opaque.',
};

/** The OpenAPI 3.1 document of the API, made of what validates its requests. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = operationObject(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ordershard order API',
      version: '1.0.0',
      description:
        'Orders on MySQL shards, read from views in MongoDB. Order numbers are text; amounts are integers of minor units up to 2^63 - 1, which must be read exactly. Errors are `application/problem+json`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: ['orders', 'lists', 'shops', 'operations'].map((name) => ({ name })),
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Claims: `sub`, and `role`, one of member, shop, operator and service.',
        },
      },
    },
  };
}

function operationObject(operation: Operation): object {
  const { id: operationId, tag, summary, description, roles, cost, body, bodyOptional, answers } = operation;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(roles === undefined ? { security: [] } : { security: [{ bearer: [] }], 'x-roles': roles }),
    ...(cost === undefined ? {} : { 'x-cost': `1 point for every ${cost.per} of ${cost.of}` }),
    parameters: parametersOf(operation),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: bodyOptional !== true,
            content: { 'application/json': { schema: schemaOf(body) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, answerObject(answer)]),
      ),
      ...problemResponses(problemsOf(operation), answers),
    },
  };
}

function parametersOf({ path, query, headers = [] }: Operation): readonly object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const { schema, description } = PATH_PARAMETERS[name!]!;
    return { name, in: 'path', required: true, description, schema: schemaOf(schema) };
  });
  const shape = query instanceof z.ZodObject ? (query.shape as Readonly<Record<string, z.ZodType>>) : {};
  const inQuery = Object.entries(shape).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema) as { description?: string };
    return { name, in: 'query', required: false, ...(description ? { description } : {}), schema: rest };
  });
  const inHeader = headers.map((name) => ({ name, in: 'header', required: false, ...HEADERS[name] }));
  return [...inPath, ...inQuery, ...inHeader];
}

function answerObject({ description, schema, mediaType = 'application/json', headers = [] }: Answer): object {
  const hasBody = schema !== undefined || mediaType !== 'application/json';
  return {
    description,
    ...(headers.length === 0
      ? {}
      : {
          headers: Object.fromEntries(
            headers.map((name) => [name, { description: ANSWER_HEADERS[name], schema: { type: 'string' } }]),
          ),
        }),
    ...(hasBody ? { content: { [mediaType]: mediaOf(mediaType, schema) } } : {}),
  };
}

/** What a body looks like; of a stream of events, JSON Schema has nothing to say. */
function mediaOf(mediaType: string, schema: z.ZodType | undefined): object {
  if (schema !== undefined) return { schema: schemaOf(schema) };
  return mediaType === 'text/event-stream' ? {} : { schema: { type: 'string' } };
}

/** A response for each status that problems have; those of the operation's own answers stay as they are. */
function problemResponses(names: readonly ProblemName[], own: Operation['answers']): Record<string, object> {
  const byStatus = Map.groupBy(names, (name) => PROBLEMS[name].status);
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => own[status] === undefined)
      .toSorted(([a], [b]) => a - b)
      .map(([status, all]) => [
        status,
        {
          description: all.map((name) => `\`${name}\`: ${PROBLEMS[name].title}.`).join(' '),
          content: { 'application/problem+json': { schema: schemaOf(problem) } },
        },
      ]),
  );
}
