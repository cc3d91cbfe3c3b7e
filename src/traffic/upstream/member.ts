import type { Endpoint } from './endpoint.ts';

/** One target within its group. */
export class Member {
  readonly endpoint: Endpoint;
  readonly weight: number;
  /** How far its turn has come: see `chooseInTurn`. */
  turn = 0;
  /** The last connection to it could not be made: requests wait until one can, if the group is one for which they do. */
  refused = false;

  constructor(endpoint: Endpoint, weight: number) {
    this.endpoint = endpoint;
    this.weight = weight;
  }
}
