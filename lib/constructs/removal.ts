import { Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';

/** For resources that hold money or control who can move it. A protected stage retains them. */
export const dataRemoval = (stage: Stage): RemovalPolicy =>
  stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

/** Logs outlive their stack, except those of a first deployment that failed. */
export const logRemoval = (stage: Stage): RemovalPolicy =>
  stage.deletionProtection ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;

/**
 * The name of a resource that can outlive its stack. It ends with the unique part of the stack's id,
 * because a name that is taken would block the next deployment.
 */
export const nameForStack = (scope: Construct, name: string): string =>
  `${name}-${Fn.select(2, Fn.split('/', Stack.of(scope).stackId))}`;
