import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { healthKey } from '../../ledger/keys.ts';
import { getRow, type Ledger } from '../../ledger/table.ts';
import { log } from '../../platform/logger.ts';

/** GET /health: can this service read its table (AP-5)? For probes and people; no token needed. */
export const readHealth = (ledger: Ledger) =>
  endpoint('optional', z.object({ query: nothing }), async (_form, call) => {
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
  });
