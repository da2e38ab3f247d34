/** What every error of the repository has: a stable code, and whether the same call may succeed when made again. */
export abstract class RepositoryError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The idempotency key was used before for another request. */
export class KeyReusedError extends RepositoryError {
  readonly code = 'REPOSITORY_KEY_REUSED';
  readonly retryable = false;

  constructor() {
    super('the idempotency key was used before for another request');
  }
}

/** The order's version is not the one that the change was decided on. Nothing was written. */
export class VersionConflictError extends RepositoryError {
  readonly code = 'REPOSITORY_VERSION_CONFLICT';
  readonly retryable = true;

  constructor(number: bigint, version: number) {
    super(`order ${number} is not at version ${version} any more`);
  }
}
