import { stateDiagram } from '../../orders/state-diagram.fixture.ts';
import { clientTypes } from './client-types.fixture.ts';
import { openApiDocument } from './document.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly url: URL;
  readonly text: string;
}

const ROOT = new URL('../../../../../', import.meta.url);

/** The files of the repository that are generated from the operations and the rules of the domain. */
export function generatedFiles(): readonly GeneratedFile[] {
  const document = JSON.parse(JSON.stringify(openApiDocument())) as OpenApi;
  const files = {
    'docs/api/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'docs/api/states.md': stateDiagram(),
    'packages/order-client/src/generated.ts': clientTypes(document),
  };
  return Object.entries(files).map(([path, text]) => ({ path, url: new URL(path, ROOT), text }));
}

/** What is looked into of a document. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface OperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-roles'?: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
    readonly description?: string;
  }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: { readonly 'application/json': { readonly schema: Schema } };
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
}
