import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { LabelledWrite } from './commit.ts';

/** The Idempotency table: what was answered to each key, so that a repeat hears the same. */
export type Answers = { readonly dynamo: DynamoDBDocumentClient; readonly table: string };

/** An answer as it left: the status and the body, byte for byte (AP-1). */
export type StoredAnswer = { readonly status: number; readonly body: string };

const answerRow = z.object({
  status: z.bigint().transform(Number),
  body: z.string(),
  requestHash: z.string(),
});
type AnswerRow = z.infer<typeof answerRow>;

/** A refusal is remembered this long; an acceptance for ever, by its transaction row. */
const ANSWER_DAYS = 90;

/**
 * A strong read. `expiration` is deliberately not looked at: it tells DynamoDB when it may delete, and a
 * row that is late in going still counts.
 */
export async function readAnswer(
  { dynamo, table }: Answers,
  id: string,
): Promise<AnswerRow | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }),
  );
  return Item && answerRow.parse(Item);
}

/** The answer, if none was given yet: the first condition that makes a request exactly-once. */
export const putAnswer = (
  { table }: Answers,
  id: string,
  requestHash: string,
  { status, body }: StoredAnswer,
  now: Date,
): LabelledWrite => ({
  label: 'answer',
  write: {
    Put: {
      TableName: table,
      Item: {
        id,
        requestHash,
        status,
        body,
        expiration: Math.floor(now.getTime() / 1000) + ANSWER_DAYS * 86_400,
      },
      ConditionExpression: 'attribute_not_exists(id)',
    },
  },
});
