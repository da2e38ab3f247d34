import { afterScope } from './kinds/after-scope.ts';
import { beginVariant } from './kinds/begin-variant.ts';
import { chainedCommit } from './kinds/chained-commit.ts';
import { chargedDeadline } from './kinds/charged-deadline.ts';
import { controlInTransaction } from './kinds/control-in-transaction.ts';
import { controlInUnit } from './kinds/control-in-unit.ts';
import { ddlInTransaction } from './kinds/ddl-in-transaction.ts';
import { driverMethod } from './kinds/driver-method.ts';
import { foreignBucket, foreignNumber } from './kinds/foreign-row.ts';
import { fullPool } from './kinds/full-pool.ts';
import { hugeUnit } from './kinds/huge-unit.ts';
import { injectedComment } from './kinds/injected-comment.ts';
import { killedQuery } from './kinds/killed-query.ts';
import { lateDeadlock } from './kinds/late-deadlock.ts';
import { lateHandle } from './kinds/late-handle.ts';
import { leakedRead } from './kinds/leaked-read.ts';
import { lockedRow } from './kinds/locked-row.ts';
import { lockedScope } from './kinds/locked-scope.ts';
import { loneWrite } from './kinds/lone-write.ts';
import { looseGuard } from './kinds/loose-guard.ts';
import { lostReader } from './kinds/lost-reader.ts';
import { nestedFailure } from './kinds/nested-failure.ts';
import { neverReleased } from './kinds/never-released.ts';
import { noCallback } from './kinds/no-callback.ts';
import { noKey } from './kinds/no-key.ts';
import { noNumber } from './kinds/no-number.ts';
import { noTarget } from './kinds/no-target.ts';
import { numberAsSql } from './kinds/number-as-sql.ts';
import { oddText } from './kinds/odd-text.ts';
import { openOperator } from './kinds/open-operator.ts';
import { otherShardInside } from './kinds/other-shard-inside.ts';
import { partBesideStatement } from './kinds/part-beside-statement.ts';
import { queuedCommands } from './kinds/queued-commands.ts';
import { queuedElsewhere } from './kinds/queued-elsewhere.ts';
import { readInTransaction } from './kinds/read-in-transaction.ts';
import { releasedInFlight } from './kinds/released-in-flight.ts';
import { rerunAfterCommit } from './kinds/rerun-after-commit.ts';
import { sessionFunction } from './kinds/session-function.ts';
import { sessionStatement } from './kinds/session-statement.ts';
import { sharedBatcher } from './kinds/shared-batcher.ts';
import { temporaryTable } from './kinds/temporary-table.ts';
import { timeLimit } from './kinds/time-limit.ts';
import { tinyDeadlines } from './kinds/tiny-deadlines.ts';
import { trailingComment } from './kinds/trailing-comment.ts';
import { unawaitedStatement } from './kinds/unawaited-statement.ts';
import { unitInside } from './kinds/unit-inside.ts';
import { unreadStream } from './kinds/unread-stream.ts';
import { usedAfterRelease } from './kinds/used-after-release.ts';
import type { WrongUse } from './wrong-use.ts';

/** Every kind of wrong use. */
export const KINDS: readonly WrongUse[] = [
  afterScope,
  beginVariant,
  chainedCommit,
  chargedDeadline,
  controlInTransaction,
  controlInUnit,
  ddlInTransaction,
  driverMethod,
  foreignBucket,
  foreignNumber,
  fullPool,
  hugeUnit,
  injectedComment,
  killedQuery,
  lateDeadlock,
  lateHandle,
  leakedRead,
  lockedRow,
  lockedScope,
  loneWrite,
  looseGuard,
  lostReader,
  nestedFailure,
  neverReleased,
  noCallback,
  noKey,
  noNumber,
  noTarget,
  numberAsSql,
  oddText,
  openOperator,
  otherShardInside,
  partBesideStatement,
  queuedCommands,
  queuedElsewhere,
  readInTransaction,
  releasedInFlight,
  rerunAfterCommit,
  sessionFunction,
  sessionStatement,
  sharedBatcher,
  temporaryTable,
  timeLimit,
  tinyDeadlines,
  trailingComment,
  unawaitedStatement,
  unitInside,
  unreadStream,
  usedAfterRelease,
];
