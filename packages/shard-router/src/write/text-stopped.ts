/**
 * A server stopped silently in the middle of a text, and its session was ended: nothing of it was committed. Never leaves the
 * writer.
 */
export class TextStoppedError extends Error {
  override readonly name = 'TextStoppedError';
}
