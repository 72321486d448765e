/** Log lines are asserted where a test asks for them; elsewhere they would drown the report. */
process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';
