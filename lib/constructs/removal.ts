import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from '../stage-schema.ts';

/** For resources that hold money or control who can move it. A protected stage retains them. */
export const dataRemoval = (stage: Stage): RemovalPolicy =>
  stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

/**
 * Log groups have fixed names. A log group that outlives a failed first deployment would block the
 * next attempt, so a protected stage retains log groups only on update and delete.
 */
export const logRemoval = (stage: Stage): RemovalPolicy =>
  stage.deletionProtection ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
