import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Basket } from '../plan/order.ts';
import type { Findings } from './findings.ts';

/** What no log may have, whoever it belongs to: the name of each kind, and the pattern that finds it. */
const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ['a token', /\beyJ[\w-]{8,}\.[\w-]+/],
  ['a token', /\bbearer +[\w~+/.-]{8,}/i],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY|"d":"[\w-]{40,}"/],
  ['a phone number', /(?<![\w.:-])(?:\+\d{1,3}[ -]?|0)\d{1,2}[ -]\d{3,4}[ -]\d{4}(?![\w-])/],
  ['a phone number', /(?<!\w)01[016789]\d{7,8}(?!\w)/],
];

/** Texts shorter than this occur in log lines by chance. Characters. */
const SHORTEST = 6;

/** How many texts are remembered at most; a longer day has only more of the same kinds. */
const MOST = 5_000;

/** The texts of a day that no log may have: addresses and notes. */
export class PersonalTexts {
  readonly #texts = new Set<string>();

  /** Remembers the address and the note of an order. */
  add({ note, deliveryAddress: { line1, line2 } = { line1: '' } }: Basket): void {
    for (const text of [note, line1, line2]) {
      if (text === undefined || text.length < SHORTEST || this.#texts.size >= MOST) continue;
      // Written as in a line of JSON.
      this.#texts.add(JSON.stringify(text).slice(1, -1));
    }
  }

  /** Returns what a log line has but may not have, such as `an address or a note`. */
  whatIn(line: string): string | undefined {
    const pattern = PATTERNS.find(([, looks]) => looks.test(line));
    if (pattern !== undefined) return pattern[0];
    for (const text of this.#texts) if (line.includes(text)) return 'an address or a note';
    return undefined;
  }
}

/**
 * Searches all logs of a folder. Personal data of members, and secrets, become findings, which do not repeat the text.
 * Returns how many lines there were.
 */
export async function searchLogs(dir: string, texts: PersonalTexts, findings: Findings): Promise<number> {
  let lines = 0;
  for (const name of (await readdir(dir)).filter((each) => each.endsWith('.log')).toSorted()) {
    let inFile = 0;
    for await (const line of createInterface({ input: createReadStream(join(dir, name)) })) {
      inFile += 1;
      const what = texts.whatIn(line);
      if (what !== undefined) findings.add('leaked', 'logs', `${name}:${inFile}`, what);
    }
    lines += inFile;
  }
  return lines;
}
