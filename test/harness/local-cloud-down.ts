/** Jest's `globalTeardown` of the e2e project, which must be the default export of its own file. */
export { stopLocalCloud as default } from './local-cloud.ts';
