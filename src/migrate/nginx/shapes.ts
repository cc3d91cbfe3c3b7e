import type { Config } from '../../control/config/schema.ts';

/** The parts of a configuration that are put together here. */

type SiteValue = Config['sites'][string];
export type SiteObject = Extract<SiteValue, { routes?: unknown }>;
type RouteValue = NonNullable<SiteObject['routes']>[string];
export type RouteObject = Extract<RouteValue, { redirect?: unknown }>;
export type RouteHeaders = NonNullable<RouteObject['headers']>;
export type SiteHeaders = NonNullable<SiteObject['headers']>;
export type Limits = NonNullable<Config['limits']>;

/** Whether two parts say the same. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
