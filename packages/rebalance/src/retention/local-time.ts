const pad = (value: number) => String(value).padStart(2, '0');

/** A Unix time in milliseconds as the clock on the wall shows it, with its distance from UTC. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const ahead = -at.getTimezoneOffset();
  const zone = `${ahead < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(ahead) / 60))}:${pad(Math.abs(ahead) % 60)}`;
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())} ${zone}`;
}

/** A Unix time in milliseconds in UTC. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
