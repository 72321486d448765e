import pMap from 'p-map';
import { z } from 'zod';
import { requestData } from '../../local/api.ts';
import type { Running } from '../../local/running.ts';
import { createMerchant } from '../../local/seed.ts';
import { bearer, type Caller, garbageCallers, NOBODY, session } from './caller.ts';
import { PASSWORD } from './fields.ts';
import type { KnownValues } from './known-values.ts';
import type { Callers } from './render.ts';

const CURRENCIES = ['USD', 'EUR', 'JPY', 'BTC', 'IRT'];
/** One merchant's bank refuses every payout, so that refunds are part of the run. */
const STABLE_ACCOUNTS = ['FUZZ-1', 'FUZZ-2', 'FUZZ-3', 'FUZZ-REFUSE'];
/** The status in which each changeable merchant begins. */
const CHANGEABLE = ['ACTIVE', 'SUSPENDED', 'PENDING', 'PENDING'] as const;

/** Registers the merchants of a run, with credit and money in several currencies, and signs all callers in. */
export async function prepareCallers(
  { api, admins }: Pick<Running, 'api' | 'admins'>,
  run: string,
  known: KnownValues,
): Promise<Callers> {
  const [admin] = admins;
  if (admin === undefined) throw new Error('no admin');
  const adminToken = session(`${api}/admin`, admin);
  const asAdmin = async (path: string, body: unknown, key?: string): Promise<void> => {
    const options = { token: await adminToken(), body, ...(key !== undefined && { key }) };
    await requestData(`${api}${path}`, z.unknown(), options);
  };
  const user = (name: string) => ({ username: `fuzz-${run}-${name}`, password: PASSWORD });

  const approved = async (name: string, bankAccount: string): Promise<string> => {
    const credit = { limit: '1000000.00', bankAccount };
    const id = await createMerchant(api, await adminToken(), user(name), credit);
    await pMap(
      CURRENCIES,
      (currency) =>
        asAdmin(`/admin/wallets/${id}/deposits`, { amount: '500', currency }, `${id}-${currency}`),
      { concurrency: 2 },
    );
    return id;
  };
  const registered = z.object({ id: z.string() });
  const pending = async (name: string, bankAccount: string): Promise<string> => {
    const body = { ...user(name), requested_credit: '100.00', bank_account: bankAccount };
    return (await requestData(`${api}/auth/register`, registered, { body })).id;
  };

  const join = (kind: 'stable' | 'changeable', name: string, id: string) => {
    const authorization = bearer(session(api, user(name)));
    const caller: Caller = { name: user(name).username, kind, id, authorization };
    known.addMerchant({ ...user(name), id }, caller);
    return caller;
  };
  const stable = await pMap(STABLE_ACCOUNTS.entries(), async ([index, bankAccount]) => {
    const name = `stable-${index}`;
    return join('stable', name, await approved(name, bankAccount));
  });
  const changeable = await pMap(CHANGEABLE.entries(), async ([index, status]) => {
    const name = `changeable-${index}`;
    const bankAccount = 'FUZZ-5';
    const create = status === 'PENDING' ? pending : approved;
    const id = await create(name, bankAccount);
    if (status === 'SUSPENDED') await asAdmin(`/admin/merchants/${id}/suspend`, {});
    return join('changeable', name, id);
  });
  for (const currency of CURRENCIES)
    await asAdmin(`/admin/pools/${currency}/topups`, { amount: '1000000' }, `${run}-${currency}`);
  return {
    stable,
    changeable,
    garbage: garbageCallers(session(api, user('stable-0'))),
    admin: { name: 'admin', kind: 'admin', authorization: bearer(adminToken) },
    nobody: NOBODY,
  };
}
