import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DataStack } from '../../lib/data-stack.ts';
import { stageOf } from '../../lib/stages.ts';

/** The tables of the CDK app, as an engine creates them. */
export const synthesizedTables = (): CreateTableCommandInput[] => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const template = Template.fromStack(new DataStack(app, stageOf('local', {})));
  return Object.entries(template.findResources('AWS::DynamoDB::Table')).map(
    ([logicalId, { Properties }]) => ({
      TableName: logicalId,
      KeySchema: Properties.KeySchema,
      AttributeDefinitions: Properties.AttributeDefinitions,
      GlobalSecondaryIndexes: Properties.GlobalSecondaryIndexes,
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
};
