import { RemovalPolicy } from 'aws-cdk-lib';
import type { Stage } from '../stage-schema.ts';

/** What holds money, or says who may move it, outlives its stack where the stage protects it. */
export const keepData = (stage: Stage): RemovalPolicy =>
  stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

/** Logs have fixed names: kept, but not after a failed first deploy, which could not be repeated. */
export const keepLogs = (stage: Stage): RemovalPolicy =>
  stage.deletionProtection ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
