import { expect, test } from '@jest/globals';
import { passed } from './fault-run.ts';
import { Findings } from './findings.ts';
import { figuresOf } from './report.ts';
import { Tallies } from './series.ts';

/** The figures of ten faults. */
function figures({ landed = 10, acknowledged = 500, found = false }) {
  const tallies = new Tallies();
  for (let fault = 0; fault < 10; fault += 1) tallies.add('kind', fault < landed ? 'seen' : undefined);
  const findings = new Findings();
  if (found) findings.add('misjudged', 'a call', 'was taken');
  return figuresOf(tallies, findings, { redelivered: 0, acknowledged });
}

test('a run has passed when nine of ten faults landed under load and nothing was found', () => {
  expect(passed(figures({}))).toBe(true);
  expect(passed(figures({ landed: 9 }))).toBe(true);
});

test.each([{ landed: 8 }, { acknowledged: 499 }, { found: true }])('a run with %j has failed', (what) => {
  expect(passed(figures(what))).toBe(false);
});

test('figures name what was done by kind, and how much was found', () => {
  expect(figures({ landed: 7, found: true })).toMatchObject({
    faults: 10,
    landed: 7,
    byKind: { kind: { faults: 10, landed: 7 } },
    violations: 1,
    planted: null,
  });
});
