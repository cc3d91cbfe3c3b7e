import { createHash } from 'node:crypto';
import type { Endpoint } from './endpoint.ts';
import type { TargetHealth } from './target-health.ts';

/** One target within its group. */
export class Member {
  readonly endpoint: Endpoint;
  readonly health: TargetHealth;
  readonly weight: number;
  /** Tells it from the others when addresses are hashed; equal in every worker. */
  readonly seed: number;
  /** How far its turn has come: see `inTurn`. */
  turn = 0;
  /** The last connection to it could not be made: requests wait until one can, if the group is one for which they do. */
  refused = false;
  /** Why it does not answer the questions it is asked; '' when it does. */
  down = '';
  /** Somebody wishes that it gets no requests. */
  drained = false;
  /** Value of the cookie that brings a client back; '' where there is none. */
  cookie = '';

  constructor(endpoint: Endpoint, health: TargetHealth, weight: number) {
    this.endpoint = endpoint;
    this.health = health;
    this.weight = weight;
    this.seed = createHash('sha256').update(endpoint.target.name).digest().readUInt32LE();
  }

  /** It gets requests, or would if it were not full. */
  get open(): boolean {
    return this.down === '' && !this.drained && !this.refused;
  }
}
