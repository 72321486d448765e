/** Jest's `globalTeardown` of the e2e project: it wants a file of its own, with a default export. */
export { stopLocalCloud as default } from './local-cloud.ts';
