import type { RequestCase } from './request-case.ts';
import { fields, hosts } from './request-fields.ts';
import { connections, framing } from './request-framing.ts';
import { startLines, targets } from './request-lines.ts';

/** Most fields a head may have for the counts in these cases to be right. */
export const requestFieldLimit = 16;

export const requestCases: readonly RequestCase[] = [
  ...startLines,
  ...targets,
  ...hosts,
  ...fields,
  ...framing,
  ...connections,
];
