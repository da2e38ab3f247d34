/** The public keys that tokens are verified with cannot be had now. */
export class KeysUnavailableError extends Error {
  readonly code = 'API_KEYS_UNAVAILABLE';
  readonly retryable = true;
  override readonly name = 'KeysUnavailableError';
}

/** A text that should be a set of public keys is not one; the message says why. */
export class InvalidKeySetError extends Error {
  readonly code = 'API_INVALID_KEY_SET';
  readonly retryable = false;
  override readonly name = 'InvalidKeySetError';
}
