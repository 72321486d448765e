import { CliCredentialsStackSynthesizer, type StackProps } from 'aws-cdk-lib';
import type { Stage } from './stage-schema.ts';

/** What both stacks share: where they go, and how they get there. */
export const stackProps = ({ account, region, ...stage }: Stage): StackProps => {
  const props: StackProps = {
    env: { account, region },
    terminationProtection: stage.deletionProtection,
  };
  return stage.cliCredentials
    ? // Assigned, since under exactOptionalPropertyTypes CDK's own class does not fit its own props.
      Object.assign(props, { synthesizer: new CliCredentialsStackSynthesizer() })
    : props;
};
