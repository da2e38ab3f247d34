export type { BreakerState, CallLimits } from './calls/calls.ts';
export { called, type Adapter } from './calls/called.ts';
export { Calls, DEFAULT_CALL_LIMITS } from './calls/calls.ts';
export type { CheckReport } from './check/check.ts';
export * from './errors.ts';
export type { Kept } from './fake/fake-party.ts';
export { GOOD_MANNER, type Manner } from './fake/manner.ts';
export { type FakeOptions, FakeServer } from './fake/serve-fake.ts';
export { HttpParty, type HttpPartyOptions } from './http/http-party.ts';
export {
  demandKey,
  type DeliveryPort,
  type Demand,
  PARTIES,
  type PartyName,
  type PaymentPort,
  type Ports,
  type Report,
  REPORTS,
  type ShopPort,
  type ThirdParty,
} from './ports/third-party.ts';
export { GIVEN_UP, type Patience } from './reactions/decide.ts';
export { react, type Reaction, type ReactionParts } from './reactions/react.ts';
export { PartyMetrics } from './worker/metrics.ts';
export { workerSettings, type WorkerSettings } from './settings.ts';
export { openWorkers, startWorker, type Workers } from './worker/start-worker.ts';
