/** Figures with three digits after the point, which is more than they are worth; all else is left as it is. */
export function rounded<T>(figures: T): T {
  return JSON.parse(
    JSON.stringify(figures, (_key, value: unknown) =>
      typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value,
    ),
  ) as T;
}
