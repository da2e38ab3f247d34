/** Lets signals end this process by way of its `exit` event, at which what it has started is ended too. */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}
