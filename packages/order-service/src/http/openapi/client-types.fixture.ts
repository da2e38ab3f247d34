import type { OpenApi, OperationObject, Schema } from './generated.fixture.ts';

// openapi-typescript prints types by the API of TypeScript 5, which TypeScript 7, the one here, does not have.

const HEAD = `// The types of the API, written by \`npm run api-docs -- --write\` from its OpenAPI document: do not edit.
// 64-bit integers are bigints: JSON.parse would round them.

`;

/** TypeScript of the schemas and operations of a document. */
export function clientTypes({ components, paths }: OpenApi): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${comment(schema.description, '')}export type ${name} = ${typeOf(schema, '')};\n`,
  );
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { operationId }]) => operationId !== 'metrics' && operationId !== 'openApi')
      .map(([method, operation]) => operationType(method.toUpperCase(), path, operation)),
  );
  const taking = (header: string) =>
    Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .filter(({ parameters }) => parameters.some(({ name }) => name === header))
      .map(({ operationId }) => `  '${operationId}',`);
  const exact = [...int64Fields(components.schemas)].toSorted().map((name) => `  '${name}',`);
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { operationId }]) => operationId !== 'metrics' && operationId !== 'openApi')
      .map(([method, { operationId }]) => `  ${operationId}: ['${method.toUpperCase()}', '${path}'],`),
  );
  return [
    HEAD,
    schemas.join('\n'),
    '\n/** What each operation takes and gives. */\nexport interface Operations {\n',
    operations.join(''),
    '}\n\n/** Method and path of each operation. */\nexport const ROUTES = {\n',
    routes.join('\n'),
    '\n} as const satisfies Readonly<Record<keyof Operations, readonly [string, string]>>;\n',
    '\n/** Operations that an Idempotency-Key makes safe to send again. */\n',
    'export const KEYED: ReadonlySet<keyof Operations> = new Set<keyof Operations>([\n',
    taking('Idempotency-Key').join('\n'),
    '\n]);\n\n/** Operations that take what the caller has seen, and say it anew. */\n',
    'export const READERS: ReadonlySet<keyof Operations> = new Set<keyof Operations>([\n',
    taking('Reader-Token').join('\n'),
    '\n]);\n\n/** Fields that hold 64-bit integers, wherever they are. */\n',
    'export const INT64_FIELDS: ReadonlySet<string> = new Set([\n',
    exact.join('\n'),
    '\n]);\n',
  ].join('');
}

/** The names of fields that are 64-bit integers. Throws when a name is something else elsewhere. */
function int64Fields(schemas: OpenApi['components']['schemas']): ReadonlySet<string> {
  const kinds = new Map<string, boolean>();
  const look = ({ properties = {}, items }: Schema) => {
    for (const [name, schema] of Object.entries(properties)) {
      const exact = schema.format === 'int64';
      if ((kinds.get(name) ?? exact) !== exact) throw new TypeError(`${name} is an int64 in one place only`);
      kinds.set(name, exact);
      look(schema);
    }
    if (items !== undefined) look(items);
  };
  for (const schema of Object.values(schemas)) look(schema);
  return new Set([...kinds].filter(([, exact]) => exact).map(([name]) => name));
}

function operationType(method: string, path: string, operation: OperationObject): string {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const of = (where: string) => parameters.filter((parameter) => parameter.in === where);
  const fields = (where: string) =>
    of(where)
      .map(({ name, required, schema }) => `${key(name)}${required ? '' : '?'}: ${typeOf(schema, '    ')}`)
      .join('; ');
  const answers = Object.entries(responses)
    .filter(([status]) => Number(status) < 300)
    .map(([, { content }]) => content?.['application/json']?.schema)
    .map((schema) => (schema === undefined ? 'undefined' : typeOf(schema, '    ')));
  const lines = [
    ...(of('path').length === 0 ? [] : [`    path: { ${fields('path')} };`]),
    ...(of('query').length === 0 ? [] : [`    query?: { ${fields('query')} };`]),
    ...(of('header').length === 0 ? [] : [`    headers?: { ${fields('header')} };`]),
    ...(requestBody === undefined
      ? []
      : [
          `    body${requestBody.required ? '' : '?'}: ${typeOf(requestBody.content['application/json'].schema, '    ')};`,
        ]),
    `    answer: ${[...new Set(answers)].join(' | ')};`,
  ];
  return `  /** \`${method} ${path}\`: ${summary}. */\n  ${operationId}: {\n${lines.join('\n')}\n  };\n`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.enum !== undefined) return schema.enum.map((value) => `'${value}'`).join(' | ');
  switch (schema.type) {
    case 'integer':
      return schema.format === 'int64' ? 'bigint' : 'number';
    case 'boolean':
    case 'string':
      return schema.type;
    case 'array': {
      const item = typeOf(schema.items ?? {}, indent);
      return `readonly ${item.includes(' ') && !item.startsWith('{') ? `(${item})` : item}[]`;
    }
    case 'object':
      return objectType(schema, indent);
    default:
      return 'unknown';
  }
}

function objectType(
  { properties = {}, required = [], additionalProperties }: Schema,
  indent: string,
): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema.description, inner)}${inner}readonly ${key(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)};\n`,
  );
  const open = typeof additionalProperties === 'object' ? `${inner}readonly [field: string]: unknown;\n` : '';
  return fields.length === 0 && open === ''
    ? 'Readonly<Record<string, never>>'
    : `{\n${fields.join('')}${open}${indent}}`;
}

const key = (name: string) => (/^\w+$/.test(name) ? name : `'${name}'`);

const comment = (text: string | undefined, indent: string) =>
  text === undefined ? '' : `${indent}/** ${text} */\n`;
