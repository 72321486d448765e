/** For tests that read log lines (`log-lines.ts`). Import it before any module that logs. */
process.env['POWERTOOLS_LOG_LEVEL'] = 'INFO';
