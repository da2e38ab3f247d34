/** Makes signals end this process through its `exit` event, whose listeners end everything that this process started. */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}
