import { describe, expect, it } from '@jest/globals';
import { resourcesOf } from '../harness/templates.ts';
import {
  ADMINISTRATOR,
  allowedRoles,
  productionArn,
  productionRoles,
  type SimulatedRole,
  simulate,
} from './simulated-iam.ts';

const QUEUE = productionArn('AWS::SQS::Queue', 'PayoutsQueue');
const SETTLE = productionArn('AWS::Lambda::Function', 'Settle');

const roleOf = (functionName: string): SimulatedRole => {
  const role = productionRoles().find(({ name }) => name === functionName);
  if (role === undefined) throw new Error(`No role of ${functionName}`);
  return role;
};

describe('settlement', () => {
  const send = { action: 'sqs:SendMessage', resource: QUEUE };

  it('WD-4: only relay and recovery can send to the payout queue', async () => {
    expect(await allowedRoles(send)).toEqual(['recover', 'relay']);
  });

  it('WD-4: an administrator cannot send to the payout queue', async () => {
    expect(await simulate({ caller: ADMINISTRATOR, ...send })).toBe('ExplicitlyDenied');
  });

  it('WD-4: a role whose name starts with the name of the relay role cannot send', async () => {
    const relay = roleOf('relay');
    const session = `${relay.arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}`;
    const as = (principal: string) =>
      simulate({ caller: relay, ...send, context: { 'aws:PrincipalArn': principal } });
    expect(await as(`${relay.arn}2`)).toBe('ExplicitlyDenied');
    expect(await as(`${session}2/settlement`)).toBe('ExplicitlyDenied');
    expect(await as(`${session}/settlement`)).toBe('Allowed');
  });

  it('WD-4: the payout queue denies plain http', async () => {
    const context = { 'aws:SecureTransport': 'false' };
    expect(await allowedRoles({ ...send, context })).toEqual([]);
  });

  it.each(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'])(
    'WD-4: only settle consumes messages of the payout queue (%s)',
    async (action) => {
      expect(await allowedRoles({ action, resource: QUEUE })).toEqual(['settle']);
    },
  );

  it('WD-4: no role can invoke settle or change who can', async () => {
    for (const action of [
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
      'lambda:AddPermission',
      'lambda:UpdateFunctionCode',
    ]) {
      expect(await allowedRoles({ action, resource: SETTLE })).toEqual([]);
    }
  });

  it('WD-4: no function has a URL', () => {
    expect(resourcesOf('production', 'AWS::Lambda::Url')).toEqual([]);
  });
});

it.each(['bank', 'operator'])('only settle can read the secret of the %s', async (provider) => {
  const action = 'secretsmanager:GetSecretValue';
  const secretOf = (name: string) =>
    `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;
  expect(await allowedRoles({ action, resource: secretOf(`${provider}/token`) })).toEqual([
    'settle',
  ]);
  expect(await allowedRoles({ action, resource: secretOf(`${provider}/token2`) })).toEqual([]);
});
