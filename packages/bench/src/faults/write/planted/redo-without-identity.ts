import {
  type SqlValue,
  type Statement,
  type Unit,
  type UnitOf,
  UnknownOutcomeError,
  type WriteOutcome,
  type WriteTarget,
} from '@ordershard/shard-router';
import type { WritingRouter } from '../answering.ts';
import type { HandUnit } from './hand-unit.ts';
import { HandLane } from './hand-lane.ts';
import { handRouter } from './hand-router.ts';

/** Says that the answer was lost, and does nothing about it. */
class TellsOfLostAnswers extends HandLane {
  protected override lost(units: readonly HandUnit[]): Promise<void> {
    for (const unit of units) unit.reject(new UnknownOutcomeError('the answer was lost'));
    return Promise.resolve();
  }
}

/** Planted bug: an order whose answer was lost is placed again under another number, and without its key. */
export async function openRouter(clusterId: string, urls: readonly string[]): Promise<WritingRouter> {
  const router = await handRouter(clusterId, urls, TellsOfLostAnswers);
  const write = async <Row>(target: WriteTarget, unit: UnitOf<Row>): Promise<WriteOutcome<Row>> => {
    try {
      return await router.write(target, unit);
    } catch (error) {
      const { number, key, fresh } = target;
      if (!(error instanceof UnknownOutcomeError) || fresh !== true || key === undefined) throw error;
      const again = drawLike(router, number!);
      let answer: Statement | undefined;
      const outcome = await write<Row>({ number: again, fresh }, (scope) => {
        const statements = unit(scope).statements.map((statement) =>
          renumbered(statement as Statement, number!, again),
        );
        answer = statements[0]!;
        return { statements: statements.slice(1) as unknown as Unit<Row>['statements'] };
      });
      const [, , , , requestHash, , text] = answer!.values;
      const row = { number: again.toString(), request_hash: requestHash, answer: text } as Row;
      return { applied: false, shard: outcome.shard, row };
    }
  };
  return { ...router, write };
}

/** A number of the same bucket. */
function drawLike(router: WritingRouter, number: bigint): bigint {
  for (;;) {
    const drawn = router.drawNumber(router.shardOf(number));
    if (router.bucketOf(drawn) === router.bucketOf(number)) return drawn;
  }
}

/** A statement in which one number stands wherever another did. */
function renumbered({ sql, values }: Statement, from: bigint, to: bigint): Statement {
  const changed = values.map((value): SqlValue => {
    if (value === from) return to;
    return typeof value === 'string' ? value.replaceAll(from.toString(), to.toString()) : value;
  });
  return { sql, values: changed };
}
