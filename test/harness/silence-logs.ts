/** Logs are off by default, so that the test report stays readable. `enable-logs.ts` turns them on. */
process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';
process.env['POWERTOOLS_METRICS_DISABLED'] ??= 'true';
