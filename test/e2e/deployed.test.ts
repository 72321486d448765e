/**
 * All end-to-end tests, one after the other. They share one deployed app, and some of them kill its
 * workers or purge its queue.
 */
import './security.ts';
import './sign-in.ts';
import './withdrawal.ts';
import './sales.ts';
import './credit.ts';
import './pool.ts';
import './readme.ts';
import './scheduled.ts';
import './conversions.ts';
import './busy.ts';
import './permissions.ts';
import './recovery.ts';
import './fuzz.ts';
