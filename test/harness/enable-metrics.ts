/** For tests that read what is counted (`log-lines.ts`). Import it before any module that counts. */
process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
