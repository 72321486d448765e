/**
 * All end-to-end tests, one after the other: they share one deployed app, and some of them kill its
 * workers or empty its queue.
 */
import './security.ts';
import './withdrawal.ts';
import './readme.ts';
import './scheduled.ts';
import './recovery.ts';
