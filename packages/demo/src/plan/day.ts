/** Minutes of the simulated day. */
export const DAY_MINUTES = 1440;

/** Bulges of demand: when (minute of the day), how high against the quiet hours, and how wide (minutes). */
const BULGES = [
  { at: 8 * 60, height: 0.12, width: 45 },
  { at: 12 * 60 + 15, height: 0.75, width: 50 },
  { at: 18 * 60 + 45, height: 1, width: 75 },
  { at: 22 * 60, height: 0.3, width: 50 },
] as const;

const QUIET = 0.03;

/** How much is ordered at a minute of the day, relative to the highest peak: in (0, 1]. */
export function demandAt(minute: number): number {
  return rawDemand(minute) / PEAK;
}

function rawDemand(minute: number): number {
  return BULGES.reduce(
    (sum, { at, height, width }) => sum + height * Math.exp(-(((minute - at) / width) ** 2) / 2),
    QUIET,
  );
}

const PEAK = Math.max(...Array.from({ length: DAY_MINUTES }, (_, minute) => rawDemand(minute)));

/** CUMULATIVE[m] is the share of the day's orders that come before minute m. */
const CUMULATIVE = cumulate();

function cumulate(): Float64Array {
  const sums = new Float64Array(DAY_MINUTES + 1);
  for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
    sums[minute + 1] = sums[minute]! + rawDemand(minute + 0.5);
  }
  return sums.map((sum) => sum / sums[DAY_MINUTES]!);
}

/** The minute of the day by which `share` (in [0, 1)) of the orders have come. */
export function minuteOf(share: number): number {
  let low = 0;
  let high = DAY_MINUTES;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (CUMULATIVE[middle]! <= share) low = middle;
    else high = middle;
  }
  const from = CUMULATIVE[low]!;
  const to = CUMULATIVE[low + 1]!;
  return low + (share - from) / (to - from);
}

/**
 * Returns how many order lives may be under way at a minute, if `atPeak` are at the highest peak. It stays at a quarter of
 * that at least through the night: fewer would only stretch the hours in which almost nothing happens.
 */
export function underWayAt(minute: number, atPeak: number): number {
  return Math.max(1, Math.round(atPeak * Math.max(0.25, demandAt(minute))));
}

/** A minute of the day as `HH:MM`. */
export function clockText(minute: number): string {
  const whole = Math.min(DAY_MINUTES, Math.max(0, Math.floor(minute)));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
