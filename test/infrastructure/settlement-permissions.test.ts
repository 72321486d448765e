import { describe, expect, it } from '@jest/globals';
import { resourcesOf } from '../harness/templates.ts';
import {
  ADMINISTRATOR,
  allowed,
  answerTo,
  productionArn,
  productionRoles,
  queuePolicyOf,
  type SimulatedRole,
} from './simulated-iam.ts';

const QUEUE = productionArn('AWS::SQS::Queue', 'SettlementQueue');
const SETTLE = productionArn('AWS::Lambda::Function', 'Settle');
const QUEUE_POLICY = queuePolicyOf('SettlementQueue');
const BANK_SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:bank/token-AbCdEf';

const roleOf = (wanted: string): SimulatedRole => {
  const role = productionRoles().find(({ name }) => name === wanted);
  if (role === undefined) throw new Error(`No role ${wanted}`);
  return role;
};

describe('settlement', () => {
  const send = { action: 'sqs:SendMessage', resource: QUEUE, resourcePolicy: QUEUE_POLICY };

  it('WD-4: only relay and the sweep can put a message on the settlement queue', async () => {
    expect(await allowed(send)).toEqual(['recover', 'relay']);
  });

  it('WD-4: not even an administrator can put a message on the settlement queue', async () => {
    expect(await answerTo({ role: ADMINISTRATOR, ...send })).toBe('ExplicitlyDenied');
  });

  it('WD-4: a role whose name only starts like that of relay is refused', async () => {
    const relay = roleOf('relay');
    const session = `${relay.arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}`;
    const as = (principal: string) =>
      answerTo({ role: relay, ...send, context: { 'aws:PrincipalArn': principal } });
    expect(await as(`${relay.arn}2`)).toBe('ExplicitlyDenied');
    expect(await as(`${session}2/settlement`)).toBe('ExplicitlyDenied');
    expect(await as(`${session}/settlement`)).toBe('Allowed');
  });

  it('WD-4: the settlement queue refuses plain http', async () => {
    const context = { 'aws:SecureTransport': 'false' };
    expect(await allowed({ ...send, context })).toEqual([]);
  });

  it.each(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'])(
    'WD-4: only settle takes messages from the settlement queue (%s)',
    async (action) => {
      expect(await allowed({ action, resource: QUEUE, resourcePolicy: QUEUE_POLICY })).toEqual([
        'settle',
      ]);
    },
  );

  it('WD-4: no role can invoke settle or point anything at it', async () => {
    for (const action of [
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
      'lambda:AddPermission',
      'lambda:UpdateFunctionCode',
    ]) {
      expect(await allowed({ action, resource: SETTLE })).toEqual([]);
    }
  });

  it('WD-4: neither a service nor a URL is let through to settle', () => {
    const targets = resourcesOf('production', 'AWS::Lambda::Permission').map(([, { Properties }]) =>
      JSON.stringify(Properties['FunctionName']),
    );
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => target.includes('Settle'))).toEqual([]);
    expect(resourcesOf('production', 'AWS::Lambda::Url')).toEqual([]);
  });
});

it('nobody but settle can read the secret of the bank', async () => {
  const action = 'secretsmanager:GetSecretValue';
  expect(await allowed({ action, resource: BANK_SECRET })).toEqual(['settle']);
  const other = BANK_SECRET.replace('bank/token', 'bank/token2');
  expect(await allowed({ action, resource: other })).toEqual([]);
});
