/** The package's interface for programs: `import { createGateway } from 'sallyport'`. Everything else in it may change at any time. */
export { ConfigError, type Finding } from '../control/config/problems.ts';
export type { Config } from '../control/config/schema.ts';
export { UserError } from '../model/errors.ts';
export type { BoundAddress } from '../model/settings.ts';
export type { Status } from '../model/status.ts';
export { createGateway, type Gateway, type GatewayOptions } from './create-gateway.ts';
