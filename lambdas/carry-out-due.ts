import { carryOutDue } from './queue/carry-out-due.ts';
import { dueMessage } from './queue/due-message.ts';
import { queueFunction } from './runtime/batch.ts';
import { dynamoClient } from './runtime/clients.ts';
import { carryOutEnv, readEnv } from './runtime/env.ts';
import { openLedger } from './store/ledger.ts';

const ledger = openLedger(dynamoClient(), readEnv(carryOutEnv).LEDGER_TABLE);

export const handler = queueFunction(dueMessage(carryOutDue({ ledger, now: () => new Date() })));
