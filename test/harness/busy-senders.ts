/** Whose requests and work are decided in the groups of busy merchants: they may send to that queue. */
export const BUSY_SENDERS: readonly string[] = [
  'withdrawals',
  'sales',
  'transfers',
  'deposits',
  'credit',
  'credit-decisions',
  'conversions',
  'reversals',
  'settle',
  'execute-scheduled',
  'recover',
];
