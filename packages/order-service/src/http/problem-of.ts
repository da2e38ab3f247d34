import {
  ArchiveForeignError,
  ArchiveMissingError,
  ArchiveUnavailableError,
} from '@ordershard/rebalance/archive';
import {
  ClockApartError,
  DefinerMissingError,
  MissingPartitionError,
  NumberNotWritableError,
  UnknownOutcomeError,
  UnknownShardError,
} from '@ordershard/shard-router';
import { BulkBacklogError } from '../commands/errors.ts';
import {
  ActorNotAllowedError,
  OrderArchivedError,
  NumberNotUsableError,
  NumberTakenError,
  OrderFieldError,
  OrderNotFoundError,
  TotalMismatchError,
  TransitionError,
  VersionMismatchError,
} from '../orders/errors.ts';
import { KeyReusedError, VersionConflictError } from '../repository/errors.ts';
import {
  InvalidCursorError,
  VersionNotReachedError,
  ViewBehindError,
  ViewsBehindReaderError,
} from '../views/errors.ts';
import { InflowThrottledError } from '../throttle/errors.ts';
import { TooManyOwnTrackersError, TooManyTrackersError } from '../tracking/errors.ts';
import { deadPartOf } from './dead-part.ts';
import { Problem, type ProblemName } from './problem.ts';

/** How soon a caller may ask again, in seconds: breakers ask a part that was down about once a second. */
const RETRY = { 'Retry-After': '1' };

/** The answer to a request that failed; `keyed` says whether it had an Idempotency-Key. */
export function problemOf(error: unknown, keyed: boolean): Problem {
  if (error instanceof Problem) return error;
  return (
    problemOfDomain(error) ??
    problemOfInflow(error) ??
    problemOfViews(error) ??
    problemOfLimits(error) ??
    problemOfArchive(error) ??
    problemOfStore(error, keyed) ??
    problemOfHttp(error) ??
    internal(error)
  );
}

function problemOfDomain(cause: unknown): Problem | undefined {
  if (cause instanceof OrderNotFoundError) return new Problem('order-not-found', cause.message, { cause });
  if (cause instanceof OrderArchivedError) return new Problem('order-archived', cause.message, { cause });
  if (cause instanceof ActorNotAllowedError) return new Problem('forbidden', cause.message, { cause });
  if (cause instanceof TransitionError) return new Problem('order-state', cause.message, { cause });
  if (cause instanceof VersionMismatchError) return new Problem('version-mismatch', cause.message, { cause });
  if (cause instanceof NumberTakenError) return new Problem('number-taken', cause.message, { cause });
  if (cause instanceof NumberNotUsableError)
    return new Problem('number-not-usable', cause.message, { cause });
  if (cause instanceof OrderFieldError) {
    const { field, message } = cause;
    const name = cause instanceof TotalMismatchError ? 'total-mismatch' : 'refused-order';
    return new Problem(name, message, { cause, errors: [{ field, message }] });
  }
  return undefined;
}

function problemOfViews(cause: unknown): Problem | undefined {
  if (cause instanceof InvalidCursorError) {
    const errors = [{ field: 'cursor', message: cause.message }];
    return new Problem('invalid-request', `cursor ${cause.message}`, { cause, errors });
  }
  if (cause instanceof VersionNotReachedError) {
    return new Problem('version-not-reached', cause.message, { cause });
  }
  if (cause instanceof ViewsBehindReaderError) {
    const detail = `${cause.message[0]!.toUpperCase()}${cause.message.slice(1)}.`;
    return new Problem('unavailable', detail, { cause, headers: RETRY, part: deadPartOf(cause) });
  }
  if (cause instanceof ViewBehindError) {
    // No part is down when a list is behind: the caller asked for more than there is yet.
    if (cause.cause === undefined)
      return new Problem('view-behind', cause.message, { cause, headers: RETRY });
    return new Problem('unavailable', cause.message, { cause, headers: RETRY, part: deadPartOf(cause) });
  }
  return undefined;
}

function problemOfInflow(cause: unknown): Problem | undefined {
  if (!(cause instanceof InflowThrottledError)) return undefined;
  const headers = { 'Retry-After': String(cause.retryAfterS) };
  return new Problem('inflow-throttled', `${cause.message}. Nothing was done.`, { cause, headers });
}

function problemOfLimits(cause: unknown): Problem | undefined {
  if (cause instanceof TooManyTrackersError) {
    const detail = 'As many follow orders here as can be. Ask again, or read the order now and then.';
    return new Problem('unavailable', detail, { cause, headers: RETRY });
  }
  if (cause instanceof TooManyOwnTrackersError)
    return new Problem('too-many-requests', `${cause.message}. Close one, or read the order now and then.`, {
      cause,
      headers: RETRY,
    });
  if (cause instanceof BulkBacklogError)
    return new Problem(
      cause.isOwn ? 'too-many-requests' : 'overloaded',
      `${cause.message}. Nothing was done.`,
      {
        cause,
        headers: RETRY,
      },
    );
  return undefined;
}

function problemOfArchive(cause: unknown): Problem | undefined {
  const away =
    cause instanceof ArchiveUnavailableError ||
    cause instanceof ArchiveMissingError ||
    cause instanceof ArchiveForeignError;
  if (!away) return undefined;
  const detail = 'The archive cannot be read now, where this order may be. Nothing was done.';
  return new Problem('unavailable', detail, { cause, headers: RETRY, part: 'archive' });
}

function problemOfStore(cause: unknown, keyed: boolean): Problem | undefined {
  if (cause instanceof VersionConflictError) return new Problem('version-conflict', cause.message, { cause });
  if (cause instanceof KeyReusedError) {
    const errors = [{ field: 'Idempotency-Key', message: cause.message }];
    return new Problem('idempotency-key-reused', cause.message, { cause, errors });
  }
  if (cause instanceof UnknownOutcomeError) {
    const advice = keyed
      ? 'Send it again with the same Idempotency-Key: it is carried out once.'
      : 'It had no Idempotency-Key, with which it could be sent again: look before you do.';
    return new Problem('outcome-unknown', `This may or may not have been carried out. ${advice}`, {
      cause,
      headers: RETRY,
      part: deadPartOf(cause),
    });
  }
  if (cause instanceof UnknownShardError) {
    const detail = 'This instance has not been told of a shard that is needed for this. Nothing was done.';
    return new Problem('unavailable', detail, { cause, headers: RETRY, part: 'this instance' });
  }
  if (cause instanceof MissingPartitionError) {
    const { shard, day } = cause;
    const partition = `the partition for ${day ?? 'today'} of shard ${shard}`;
    const detail = `${partition[0]!.toUpperCase()}${partition.slice(1)} is missing. Nothing was done.`;
    return new Problem('unavailable', detail, { cause, headers: RETRY, part: partition.slice(4) });
  }
  if (cause instanceof DefinerMissingError) {
    const detail = `Shard ${cause.shard} takes no writes: the user that guards its tables is gone. Nothing was done.`;
    return new Problem('unavailable', detail, { cause, headers: RETRY, part: `shard ${cause.shard}` });
  }
  if (cause instanceof ClockApartError) {
    const detail = 'The clock of this instance is wrong. Nothing was done.';
    return new Problem('unavailable', detail, { cause, headers: RETRY, part: 'this instance' });
  }
  // A number that was drawn just now and is refused: the clocks of this process and of the shard differ.
  if (
    cause instanceof NumberNotWritableError ||
    (cause as { retryable?: unknown } | null)?.retryable === true
  ) {
    const part = deadPartOf(cause);
    const what = part ?? 'A part that is needed for this';
    const detail = `${what[0]!.toUpperCase()}${what.slice(1)} does not answer now. Nothing was done.`;
    return new Problem('unavailable', detail, { cause, headers: RETRY, part });
  }
  return undefined;
}

const BY_STATUS: Readonly<Record<number, { readonly name: ProblemName; readonly detail: string }>> = {
  400: { name: 'malformed-body', detail: 'the request cannot be read' },
  413: { name: 'body-too-large', detail: 'the body is larger than 64 KiB' },
  415: { name: 'unsupported-media-type', detail: 'the body must come without a Content-Encoding' },
};

/** Errors of Express and its body reader say which status they stand for. */
function problemOfHttp(cause: unknown): Problem | undefined {
  const status = (cause as { status?: unknown } | null)?.status;
  const known = typeof status === 'number' ? BY_STATUS[status] : undefined;
  return known === undefined ? undefined : new Problem(known.name, known.detail, { cause });
}

function internal(cause: unknown): Problem {
  return new Problem('internal', 'The request could not be dealt with. It was noted under its request id.', {
    cause,
  });
}
