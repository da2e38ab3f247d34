/** A server has stopped at a text without a word, and its session was ended: nothing of it was committed. Never leaves the writer. */
export class TextStoppedError extends Error {
  override readonly name = 'TextStoppedError';
}
