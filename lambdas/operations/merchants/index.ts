import type { Group } from '../../http/operation.ts';
import { approveMerchant } from './approve.ts';
import { archiveMerchant } from './archive.ts';
import { changeMerchant } from './change.ts';
import { reactivateMerchant, rejectMerchant, suspendMerchant } from './change-status.ts';
import { listMerchantsAsAdmin } from './list-merchants.ts';
import { readMerchantAsAdmin } from './read-merchant.ts';

export const merchants = {
  name: 'merchants',
  impact: 'Admins cannot approve, suspend or look up merchants.',
  operations: [
    listMerchantsAsAdmin,
    readMerchantAsAdmin,
    changeMerchant,
    approveMerchant,
    rejectMerchant,
    suspendMerchant,
    reactivateMerchant,
    archiveMerchant,
  ],
} satisfies Group;
