import { BSON, MongoServerError } from 'mongodb';

/**
 * Codes of server errors that are about the moment, the server's place among the others, access or room, and not about a
 * document. They come from the categories of the server's own list (NotPrimaryError, ShutdownError, Interruption,
 * NetworkError, RetriableError, WriteConcernError); some more are here that no document can cause. Any other error for a
 * document is a failure of that document.
 */
const PASSING: ReadonlySet<number> = new Set([
  1, // InternalError
  6, // HostUnreachable
  7, // HostNotFound
  8, // UnknownError
  11, // UserNotFound
  13, // Unauthorized
  18, // AuthenticationFailed
  24, // LockTimeout
  43, // CursorNotFound
  46, // LockBusy
  50, // MaxTimeMSExpired
  63, // StaleShardVersion
  64, // WriteConcernFailed
  79, // UnknownReplWriteConcern
  89, // NetworkTimeout
  90, // CallbackCanceled
  91, // ShutdownInProgress
  94, // NotYetInitialized
  95, // NotSecondary
  96, // OperationFailed
  100, // UnsatisfiableWriteConcern
  112, // WriteConflict
  117, // ConflictingOperationInProgress
  125, // CommandFailed
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  146, // ExceededMemoryLimit
  150, // StaleEpoch
  173, // LinearizableReadConcernError
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  214, // RetryChangeStream
  217, // IncompleteTransactionHistory
  225, // TransactionTooOld
  234, // RetryChangeStream
  237, // CursorKilled
  251, // NoSuchTransaction
  262, // ExceededTimeLimit
  267, // PreparedTransactionInProgress
  290, // TransactionExceededLifetimeLimitSeconds
  317, // ConnectionPoolExpired
  365, // TemporarilyUnavailable
  384, // ConnectionError
  388, // TransactionTooLargeForCache
  9_001, // SocketException
  10_058, // NotPrimaryNoSecondaryOk of old
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_601, // Interrupted
  11_602, // InterruptedDueToReplStateChange
  13_388, // StaleConfig
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
  14_031, // OutOfDiskSpace
  46_841, // ClientMarkedKilled
]);

/** Codes for the failure of a whole command that one document in it may have caused. */
const OF_DOCUMENTS: ReadonlySet<number> = new Set([
  2, // BadValue
  9, // FailedToParse
  14, // TypeMismatch
  22, // InvalidBSON
  10_334, // BSONObjectTooLarge
  17_280, // KeyTooLong
  17_419, // the document is too large after the update
]);

/** Whether the server may answer differently later for the same, unchanged document. */
export function isPassing(code: number): boolean {
  return PASSING.has(code);
}

/** Whether a command failed because of its documents: the driver cannot write one, or the server cannot read it. */
export function isOfDocuments(error: unknown): boolean {
  if (error instanceof MongoServerError) return OF_DOCUMENTS.has(Number(error.code));
  return error instanceof BSON.BSONError || error instanceof RangeError || error instanceof TypeError;
}
