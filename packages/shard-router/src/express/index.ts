import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { ScopeOptions } from '../context/scope.ts';
import { checkScopeOptions } from '../entry/call-options.ts';
import { checkFunction } from '../entry/check-names.ts';
import { ShardMismatchError } from '../errors.ts';
import type { Key } from '../routing/key-target.ts';
import type { ShardRouter } from '../router.ts';

/**
 * A middleware that runs the rest of each request in the scope of a key, until the response has ended or its connection is
 * closed. It locks the choice: inside, a scope on another shard fails with ShardMismatchError, and so does a second such
 * middleware that chooses another shard.
 *
 * A request without a key goes on without a scope; the routing pool then refuses its statements. Errors of the key function
 * and of routing go to Express' error handler, and so does the error of a fence that refuses inside the request. A request
 * that has begun to answer cannot be run again, so the caller retries ({@link FenceError} and BucketElsewhereError are
 * retryable).
 *
 * @param keyOf returns the key of a request, from data that earlier middleware has checked
 * @throws InvalidOptionError for an option that is not known
 */
export function shardScope(
  router: Pick<ShardRouter, 'withKey' | 'shardOf'>,
  keyOf: (request: Request) => Key | undefined,
  options: ScopeOptions = {},
): RequestHandler {
  checkFunction(keyOf, 'what gives the key of a request');
  checkScopeOptions(options, 'shardScope');
  const handle = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    let handed = false;
    const handOn = () => {
      handed = true;
      next();
    };
    try {
      const key = keyOf(request);
      if (key === undefined) {
        handOn();
        return;
      }
      const shard = router.shardOf(key);
      const chosen = choices.get(request);
      if (chosen !== undefined && chosen !== shard)
        throw new ShardMismatchError(`this request has chosen shard ${chosen}: it cannot use shard ${shard}`);
      choices.set(request, shard);
      await router.withKey(key, () => ended(response, handOn), { ...options, locked: true });
    } catch (error) {
      // Once the request was handed on, its handlers report their own errors.
      if (!handed) next(error);
    }
  };
  return (request, response, next) => {
    void handle(request, response, next);
  };
}

/** Calls `begin`, and resolves when the response was sent or cut off: the event `close` follows both. */
function ended(response: Response, begin: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) resolve();
    else response.once('close', resolve);
    begin();
  });
}

/** The shard that a request has chosen. */
const choices = new WeakMap<Request, number>();
