import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { healthKey } from '../../ledger/keys.ts';
import { getRow } from '../../ledger/table.ts';
import { log } from '../../platform/logger.ts';

/** Whether the service can read its table (AP-5). For probes and people; no token is needed. */
export const readHealth = operation({
  name: 'read-health',
  route: 'GET /health',
  access: 'anyone',
  grants: ['check-health'],
  input: () => z.object({ query: nothing }),
  handle: async (_input, call, { ledger }) => {
    try {
      await getRow(ledger, healthKey, z.unknown());
    } catch (error) {
      log('error', 'REQUEST_FAILED', { request_id: call.id, check: 'ledger' }, error);
      return failure('unhealthy', call.id);
    }
    return success({
      status: 200,
      message: { en: 'Everything answers.', fa: 'همه‌چیز پاسخ می‌دهد.' },
      data: { status: 'ok', checks: { ledger: 'ok' } },
    });
  },
});
