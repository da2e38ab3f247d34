import { isUtf8 } from 'node:buffer';
import express, { type Request } from 'express';
import { parseJson } from './json.ts';
import type { ApiHandler } from './locals.ts';
import { invalid, Problem } from './problem.ts';

/** The largest body. Bytes. */
export const BODY_LIMIT = 64 * 1024;

const readBytes = express.raw({ type: () => true, limit: BODY_LIMIT, inflate: false });

const MEDIA_TYPE = /^application\/json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/** Reads the body as exact JSON into `request.body`; undefined when there is none. */
export const readJson: ApiHandler = (request, response, next) => {
  if (!hasBody(request)) {
    request.body = undefined;
    next();
    return;
  }
  checkMediaType(request.headers['content-type'] ?? '');
  readBytes(request as Request, response, (error?: unknown) => {
    if (error !== undefined && error !== null) {
      next(error);
      return;
    }
    try {
      request.body = parse(request.body as Buffer);
    } catch (problem) {
      next(problem);
      return;
    }
    next();
  });
};

function hasBody({ headers }: Pick<Request, 'headers'>): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return headers['content-length'] !== undefined && headers['content-length'] !== '0';
}

function checkMediaType(contentType: string): void {
  if (!MEDIA_TYPE.test(contentType)) {
    throw new Problem('unsupported-media-type', 'The Content-Type must be application/json.');
  }
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new Problem('unsupported-media-type', 'The charset must be UTF-8.');
  }
}

/** Parses the bytes of a body. Throws the problem of one that is not JSON in UTF-8. */
export function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Problem('malformed-body', 'The body is not UTF-8.');
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new Problem('malformed-body', 'The body is not JSON.', { cause });
    if (cause instanceof RangeError)
      throw new Problem('malformed-body', 'The body is nested too deeply.', { cause });
    throw cause;
  }
}

/** The body of a request that must have one. */
export function requiredBody(body: unknown): unknown {
  if (body === undefined) throw invalid([{ field: 'body', message: 'is required' }]);
  return body;
}
