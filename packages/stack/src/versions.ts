import { readFileSync } from 'node:fs';

/** The flavours of MySQL that a stack can run. */
export type MysqlFlavour = '9' | '8.0' | 'mariadb';

/** The pin of a server: its version, the versions accepted when that one is gone, and its image. */
export interface PinnedServer {
  readonly version: string;
  /** Version prefixes taken, in this order, when the exact version is no longer to be had natively. */
  readonly alsoAccepted?: readonly string[];
  readonly image: string;
}

interface MysqlPin extends PinnedServer {
  readonly apt?: { readonly package: string; readonly suites?: readonly string[] };
  readonly maven?: { readonly artifact: string; readonly sha256: string };
}

/** The contents of `versions.json`: the one place that pins versions, for native and Docker alike. */
export interface Versions {
  readonly mysql: Readonly<Record<MysqlFlavour, MysqlPin>>;
  readonly kafka: PinnedServer & {
    /** Lowest Java release that runs it. */
    readonly java: number;
    readonly maven: { readonly artifacts: readonly string[]; readonly logging: string };
  };
  readonly mongodb: PinnedServer & {
    readonly wheel: { readonly project: string; readonly version: string; readonly sha256: string };
  };
  readonly redis: PinnedServer & { readonly apt: { readonly package: string } };
  readonly connect: PinnedServer;
  readonly debezium: { readonly version: string; readonly maven: { readonly artifact: string } };
  readonly tools: { readonly mavenDependencyPlugin: string };
}

/** Read once; it lies beside `src` (and beside `dist`), so the same relative path serves both. */
export const versions: Versions = JSON.parse(
  readFileSync(new URL('../versions.json', import.meta.url), 'utf8'),
) as Versions;

/** The outcome of looking for a pinned version among those on offer. */
export interface ChosenVersion {
  /** As the source spells it, a package revision included. */
  readonly version: string;
  readonly pinned: boolean;
}

/**
 * Picks the pinned version if it is on offer, else the newest that the first matching prefix accepts.
 * Versions are Debian's (`1:10.11.19-0+deb12u1`) or plain ones; epoch and revision do not count for the match.
 * Returns undefined when nothing on offer is acceptable.
 */
export function chooseVersion(
  offered: readonly string[],
  pin: Pick<PinnedServer, 'version' | 'alsoAccepted'>,
): ChosenVersion | undefined {
  const exact = newest(offered.filter((version) => upstreamOf(version) === pin.version));
  if (exact !== undefined) return { version: exact, pinned: true };
  for (const prefix of pin.alsoAccepted ?? []) {
    const best = newest(offered.filter((version) => startsWithVersion(upstreamOf(version), prefix)));
    if (best !== undefined) return { version: best, pinned: false };
  }
  return undefined;
}

/** The upstream part of a Debian version: `1:10.11.19-0+deb12u1` gives `10.11.19`. */
export function upstreamOf(version: string): string {
  return version
    .replace(/^\d+:/, '')
    .replace(/-[^-]*$/, '')
    .replace(/[+~].*$/, '');
}

/** Whether a version lies under a prefix, by whole numbers: `9.7.4` is under `9.7`, `9.70.1` is not. */
function startsWithVersion(version: string, prefix: string): boolean {
  return version === prefix || version.startsWith(`${prefix}.`);
}

function newest(candidates: readonly string[]): string | undefined {
  return candidates.toSorted(compareVersions).at(-1);
}

/** Compares by runs of digits; what is between them counts as text. */
export function compareVersions(left: string, right: string): number {
  const collator = new Intl.Collator('en', { numeric: true });
  return collator.compare(left, right);
}
