/** For tests that read log lines (`log-lines.ts`): to be imported before anything that logs. */
process.env['POWERTOOLS_LOG_LEVEL'] = 'INFO';
