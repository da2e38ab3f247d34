const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Returns a text with escapes in place of control characters and of those that change the direction of writing, so that a
 * terminal obeys none of them.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu,
    (character) =>
      SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

/** A message on one line, {@link visible}. */
export function oneLine(message: string): string {
  return visible(message.trim().replace(/\s*[\r\n]\s*/g, ' '));
}
