import type { LedgerContext } from '../../ledger/context.ts';
import { findByName } from '../../ledger/rows/merchants.ts';
import type { UserPool } from './user-pool.ts';

/** Whether an administrator has the name, or a merchant other than `own`. */
export async function isNameTaken(
  { ledger, adminPool }: { readonly ledger: LedgerContext; readonly adminPool: UserPool },
  name: string,
  own?: string,
): Promise<boolean> {
  const [merchant, admin] = await Promise.all([findByName(ledger, name), adminPool.findUser(name)]);
  return admin !== undefined || (merchant !== undefined && merchant.id !== own);
}
