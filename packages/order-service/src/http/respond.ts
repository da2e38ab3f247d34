import type { ApiResponse } from './locals.ts';

/** Answers with JSON. */
export function sendJson(response: ApiResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  // Not response.json(), which looks at settings and the charset for every answer.
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
