import { guarded } from './guarded.ts';
import type { Observation, RouterObserver } from './observer.ts';

/** Returns one observer that calls several, in their order. If one fails, the others are called all the same. */
export function allOf(...all: readonly RouterObserver[]): RouterObserver {
  const observers = all.map(guarded);
  const statements = observers.filter((observer) => observer.statement !== undefined);
  const transactions = observers.filter((observer) => observer.transaction !== undefined);
  return {
    // A method that no observer has is left out, so that it costs nothing.
    ...(statements.length === 0
      ? {}
      : { statement: (start) => together(statements.map((observer) => observer.statement!(start))) }),
    ...(transactions.length === 0
      ? {}
      : { transaction: (start) => together(transactions.map((observer) => observer.transaction!(start))) }),
    connectionAcquired: (...event) => {
      for (const observer of observers) observer.connectionAcquired?.(...event);
    },
    fenceRejected: (...event) => {
      for (const observer of observers) observer.fenceRejected?.(...event);
    },
    mapReloaded: (...event) => {
      for (const observer of observers) observer.mapReloaded?.(...event);
    },
    breakerChanged: (...event) => {
      for (const observer of observers) observer.breakerChanged?.(...event);
    },
    shardAdded: (...event) => {
      for (const observer of observers) observer.shardAdded?.(...event);
    },
    shardRemoved: (...event) => {
      for (const observer of observers) observer.shardRemoved?.(...event);
    },
    failedOver: (...event) => {
      for (const observer of observers) observer.failedOver?.(...event);
    },
    numbersDrawn: (...event) => {
      for (const observer of observers) observer.numbersDrawn?.(...event);
    },
    unitsMerged: (...event) => {
      for (const observer of observers) observer.unitsMerged?.(...event);
    },
  };
}

function together<End>(observations: readonly Observation<End>[]): Observation<End> {
  return {
    end: (result) => {
      for (const observation of observations) observation.end(result);
    },
    within: <T>(fn: () => T): T =>
      observations.reduce<() => T>(
        (inner, observation) => (observation.within === undefined ? inner : () => observation.within!(inner)),
        fn,
      )(),
  };
}
