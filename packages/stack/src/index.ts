export { startStack, type StackOptions } from './stack/start.ts';
export type { ClockEnv, StackClock } from './clock/clock.ts';
export { attachStack, serversOf, type Stack } from './stack/stack.ts';
export type { ServerHandle } from './stack/server-handle.ts';
export { downStack, type DownResult } from './stack/down.ts';
export { createNamespace, testNamespace, type Namespace } from './namespace/namespace.ts';
export { mintToken, type TokenClaims } from './access/token.ts';
export {
  startProcess,
  runProcess,
  type LogLine,
  type OwnProcess,
  type ProcessOptions,
} from './process/own-process.ts';
export { shareCompileCache } from './process/compile-cache.ts';
export { removeClockLeftOvers } from './clock/left-overs.ts';
export { TcpProxy } from './testing/tcp-proxy.ts';
export { freePort } from './process/ports.ts';
export type { PartName } from './parts/part-name.ts';
export type { MysqlFlavour } from './versions.ts';
export type { Way } from './stack/state.ts';
export * from './errors.ts';
