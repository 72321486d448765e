import { CliCredentialsStackSynthesizer, type StackProps } from 'aws-cdk-lib';
import type { Stage } from './stage-schema.ts';

/** The properties of every stack: account, region, protection and deployment roles. */
export const stackProps = ({ account, region, ...stage }: Stage): StackProps => {
  const props: StackProps = {
    env: { account, region },
    terminationProtection: stage.deletionProtection,
  };
  return stage.cliCredentials
    ? // Assigned: with exactOptionalPropertyTypes, CDK's class does not match CDK's own prop type.
      Object.assign(props, { synthesizer: new CliCredentialsStackSynthesizer() })
    : props;
};
