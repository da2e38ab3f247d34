/** A line that only one of two texts has, or a common line that shows where the others are. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ';
  readonly line: string;
}

/**
 * The shortest change from one list of lines to another, by their longest common subsequence. Quadratic: for texts of some
 * hundred lines.
 */
export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const width = after.length + 1;
  // common[i * width + j]: the longest common subsequence of before[i..] and after[j..].
  const common = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        before[i] === after[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: ' ', line: before[i]! });
      i += 1;
      j += 1;
    } else if (
      j === after.length ||
      (i < before.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) {
      lines.push({ sign: '-', line: before[i]! });
      i += 1;
    } else {
      lines.push({ sign: '+', line: after[j]! });
      j += 1;
    }
  }
  return lines;
}

/** Returns the lines that differ between two texts. Empty when the texts are the same. */
export function differences(before: string, after: string): readonly string[] {
  return diffLines(before.split('\n'), after.split('\n'))
    .filter(({ sign }) => sign !== ' ')
    .map(({ sign, line }) => sign + line);
}
