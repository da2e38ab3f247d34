/** A body of an operation with every text field filled in, and where in it each text is. */
export interface BodyOf {
  readonly operation: 'placeOrder' | 'placeNumberedOrder' | 'cancelOrder' | 'changeOrders' | 'putShop';
  readonly body: Readonly<Record<string, unknown>>;
}

type Path = readonly (string | number)[];

const ORDER = {
  memberId: 'm-1',
  shopId: 'shop-1',
  items: [{ menuId: 'rice', quantity: 1 }],
  deliveryAddress: { line1: 'a', line2: 'b', city: 'c', postalCode: 'd' },
  note: 'n',
};

/** The bodies that the API takes; `number` is of an order that is not paid. */
export const bodies = (number: string): readonly BodyOf[] => [
  { operation: 'placeOrder', body: ORDER },
  { operation: 'placeNumberedOrder', body: ORDER },
  { operation: 'cancelOrder', body: { reason: 'r' } },
  { operation: 'changeOrders', body: { changes: [{ number, command: 'cancel', reason: 'r' }] } },
  {
    operation: 'putShop',
    body: { name: 's', currency: 'KRW', menus: [{ menuId: 'rice', name: 'm', price: 1 }] },
  },
];

/** The paths of all texts in a value. */
export function textPaths(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    textPaths(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** The value at a path; undefined where there is none. */
export const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);

/** A copy of a value with another text at a path. */
export function withText<T>(value: T, [key, ...rest]: Path, text: string): T {
  if (key === undefined) return text as T;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<
    string | number,
    unknown
  >;
  copy[key] = withText(copy[key], rest, text);
  return copy as T;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** The part of an OpenAPI document that says what bodies are. */
export interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string;
            readonly requestBody?: {
              readonly content: { readonly 'application/json': { readonly schema: Schema } };
            };
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Every text field of every body that a document knows, such as `placeOrder items.0.menuId`. */
export function textFieldsOf(document: Document): readonly string[] {
  const fields = (schema: Schema, path: Path): readonly Path[] => {
    const name = schema.$ref?.split('/').at(-1);
    if (name !== undefined) return fields(document.components.schemas[name]!, path);
    if (schema.type === 'string') return [path];
    return [
      ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => fields(inner, [...path, key])),
      ...(schema.items === undefined ? [] : fields(schema.items, [...path, 0])),
      ...[...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((inner) => fields(inner, path)),
    ];
  };
  const found = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, requestBody }) =>
      requestBody === undefined
        ? []
        : fields(requestBody.content['application/json'].schema, []).map(
            (path) => `${operationId} ${path.join('.')}`,
          ),
    ),
  );
  return [...new Set(found)].toSorted();
}
