import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import compression from 'compression';
import { Router, type RequestHandler } from 'express';
import helmet from 'helmet';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Ordershard order API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
`;

const require = createRequire(import.meta.url);
const ofPackage = (name: string) => readFileSync(require.resolve(`swagger-ui-dist/${name}`));

/**
 * The page that shows the OpenAPI document and lets it be tried. All of it comes from here, from the npm package of Swagger
 * UI: it works where there is no internet, and tells nobody. Read from disk when it is first asked for.
 */
export function docsPage(): Router {
  const router = Router();
  router.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          // Swagger UI sets styles of elements.
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
    }),
    compression() as RequestHandler,
  );
  const file = (path: string, type: string, read: () => string | Buffer) => {
    let content: string | Buffer | undefined;
    router.get(path, (_request, response) => {
      content ??= read();
      response.setHeader('Cache-Control', 'public, max-age=3600');
      response.type(type).send(content);
    });
  };
  file('/', 'html', () => PAGE);
  file('/start.js', 'js', () => START);
  file('/swagger-ui.css', 'css', () => ofPackage('swagger-ui.css'));
  file('/swagger-ui-bundle.js', 'js', () => ofPackage('swagger-ui-bundle.js'));
  return router;
}
