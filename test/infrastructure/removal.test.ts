import { describe, expect, it } from '@jest/globals';
import { STAGE_NAMES, type StageName, templatesOf } from '../harness/templates.ts';

/** The resources that outlive their stack. */
const retained = (stage: StageName) => {
  const { data, service } = templatesOf(stage);
  return [data, service]
    .flatMap(({ Resources }) => Object.entries(Resources))
    .filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete');
};

/** Whether another deployment of the stage would use the same physical name. */
const isFixed = ([property, value]: [string, unknown]): boolean =>
  property.endsWith('Name') && !JSON.stringify(value).includes('AWS::StackId');

describe('OP-7: a resource that outlives its stack', () => {
  it.each(STAGE_NAMES)('does not block the next deployment of %s by its name', (stage) => {
    const blocking = retained(stage).filter(([, { Properties }]) =>
      Object.entries(Properties).some(isFixed),
    );
    expect(blocking.map(([id]) => id)).toEqual([]);
  });

  it('holds money, users or logs', () => {
    const types = new Set(retained('production').map(([, { Type }]) => Type));
    expect([...types].sort()).toEqual([
      'AWS::Cognito::UserPool',
      'AWS::DynamoDB::Table',
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
    ]);
  });

  it('does not exist in the stages of developers', () => {
    expect(retained('local')).toEqual([]);
    expect(retained('dev')).toEqual([]);
  });
});
