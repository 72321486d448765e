import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWorkFolder } from '../../local/cleanup.ts';
import { CliError, command } from '../../local/cli-error.ts';
import { run } from '../../local/processes.ts';
import { ensurePython, type PythonEnvironment, pythonProgram } from '../../local/python.ts';
import { appOf, WITHOUT_BUNDLES } from '../harness/templates.ts';
import { EXPLAINED } from './explained-findings.ts';
import { cfnLintReport, checkovReport, type Finding, objections } from './template-findings.ts';

/** Apart from .venv: npm start does not need these packages, and they take a minute to install. */
const CHECKS: PythonEnvironment = {
  folder: '.venv-check',
  requirements: 'test/infrastructure/requirements.txt',
  alternative: '',
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The findings of both tools in the production templates. */
async function findings(folder: string): Promise<readonly Finding[]> {
  const { stacks } = appOf('production', { ...WITHOUT_BUNDLES, outdir: folder }).app.synth();
  const templates = stacks.map(({ templateFile }) => templateFile);
  const report = async (tool: string, args: string[], file: string): Promise<unknown> => {
    await run({
      program: pythonProgram(CHECKS, tool),
      args,
      env: process.env,
      // No settings of the project folder apply: all exceptions are in EXPLAINED.
      cwd: folder,
      failureMessage: `${tool} failed. If its Python environment is damaged, delete .venv-check.`,
    });
    return JSON.parse(await readFile(join(folder, file), 'utf8'));
  };
  const cfnLint = report(
    'cfn-lint',
    [
      ...['--non-zero-exit-code', 'none', '--format', 'json', '--output-file', 'cfn-lint.json'],
      ...['--', ...templates],
    ],
    'cfn-lint.json',
  );
  const checkov = report(
    'checkov',
    [
      ...[
        '--framework',
        'cloudformation',
        '--skip-download',
        '--quiet',
        '--compact',
        '--soft-fail',
      ],
      ...['--output', 'json', '--output-file-path', '.', '--file', ...templates],
    ],
    'results_json.json',
  );
  return [...cfnLintReport.parse(await cfnLint), ...checkovReport.parse(await checkov)];
}

await command(async () => {
  say('Checking the production templates with cfn-lint and checkov (the first run installs them).');
  await ensurePython(CHECKS);
  const found = await findings(makeWorkFolder().path);
  const problems = objections(found, EXPLAINED);
  if (problems.length > 0) {
    throw new CliError(
      'Fix the findings, or explain them in test/infrastructure/explained-findings.ts.',
      problems.join('\n'),
    );
  }
  say(`${found.length} findings, all of them explained.`);
});
