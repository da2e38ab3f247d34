/**
 * Options with which a client of MongoDB gives 64-bit integers as bigints, and lives through a change of the primary. The
 * driver's streaming monitor (as of 7.9) throws, outside of any call, after a server has answered that it is not the
 * primary any more: it does not expect its own numbers as bigints, and the process ends. One that asks now and then does not.
 */
export const EXACT_MONGO = {
  useBigInt64: true,
  serverMonitoringMode: 'poll',
  heartbeatFrequencyMS: 2_000,
} as const;
