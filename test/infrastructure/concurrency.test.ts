import { describe, expect, it } from '@jest/globals';
import {
  inside,
  resourcesOf,
  STAGE_NAMES,
  type StageName,
  theResource,
} from '../harness/templates.ts';

/** The reserved concurrency of each function that has one. */
const reservedIn = (stage: StageName): Record<string, number> =>
  Object.fromEntries(
    resourcesOf(stage, 'AWS::Lambda::Function')
      .map(([, { Properties }]) => Properties)
      .filter((properties) => 'ReservedConcurrentExecutions' in properties)
      .map(({ FunctionName, ReservedConcurrentExecutions }) => [
        String(FunctionName).replace(`surety-${stage}-`, ''),
        Number(ReservedConcurrentExecutions),
      ]),
  );

describe('WD-8: a burst of API requests', () => {
  it('cannot take the executions of the payout workers, or of the groups of busy merchants', () => {
    expect(reservedIn('production')).toEqual({
      // Requests that wait for it occupy the executions of the API.
      'run-queued': 20,
      relay: 64,
      settle: 5,
      'execute-scheduled': 50,
      rebalance: 2,
      recover: 1,
    });
    expect(Object.keys(reservedIn('staging')).sort()).toEqual(
      Object.keys(reservedIn('production')).sort(),
    );
  });

  it.each([
    ['staging', 'settle', 'Settle'],
    ['staging', 'execute-scheduled', 'SchedulesExecuteScheduled'],
    ['production', 'settle', 'Settle'],
    ['production', 'execute-scheduled', 'SchedulesExecuteScheduled'],
    ['staging', 'rebalance', 'PoolsRebalance'],
    ['production', 'rebalance', 'PoolsRebalance'],
    ['staging', 'run-queued', 'BusyRunQueued'],
    ['production', 'run-queued', 'BusyRunQueued'],
  ] as const)('leaves the queue of %s as many executions of %s as it starts', (stage, name, id) => {
    const source = theResource(stage, 'AWS::Lambda::EventSourceMapping', id).Properties;
    expect(reservedIn(stage)[name]).toBe(inside(source, 'ScalingConfig', 'MaximumConcurrency'));
  });

  // Lambda keeps 100 of an account's executions unreserved. The default limit is 1,000.
  it.each(STAGE_NAMES)('has most of the account in %s', (stage) => {
    const reserved = Object.values(reservedIn(stage)).reduce((sum, each) => sum + each, 0);
    expect(reserved).toBeLessThanOrEqual(200);
  });

  // A new account may have a limit of 10, where nothing can be reserved.
  it('is not held back in the stages of developers', () => {
    expect(reservedIn('dev')).toEqual({});
    expect(reservedIn('local')).toEqual({});
  });
});
