/** Where a long word may be broken: after a slash, an at sign or a comma, so that its parts can still be read and copied. */
const BREAKS = /(?<=[\s/@,])(?=\S)/;

/** Parts of a text that stay whole, each with the blank that follows it, if any. */
export function partsOf(text: string): readonly string[] {
  return text.split(BREAKS);
}

/** The lines of a text that are `width` wide at the most, unless a part of it is longer. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of partsOf(text)) {
    if (line !== '' && (line + part).trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += part;
  }
  return [...lines, line.trimEnd()];
}

/** Paragraphs, one a line, wrapped. Lines that are indented are set as they are. */
export function wrappedText(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith(' ') ? [line] : wrapped(line, width)))
    .join('\n');
}

/** How wide the lines of a command are: as its terminal is, and 80 elsewhere. */
export function widthOf({ columns }: { readonly columns?: number }): number {
  return Math.max(columns ?? 80, 40);
}
