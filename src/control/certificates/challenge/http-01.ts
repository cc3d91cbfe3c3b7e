import type { ChallengeSolver } from './solver.ts';

/** Where a CA looks on port 80: this, then the token (RFC 8555 section 8.3). */
export const http01Prefix = '/.well-known/acme-challenge/';

/** http-01: the gate answers port 80 from a table of tokens. */
export interface Http01Solver extends ChallengeSolver {
  readonly kind: 'http-01';
  /**
   * The body to answer `/.well-known/acme-challenge/<token>` with (status 200, `application/octet-stream`),
   * or undefined for a token that is not being proven now. Asked before any redirect, password or route.
   */
  response(token: string): string | undefined;
}

/** `shown` is told of every change and resolves when the gate answers so; a proof is presented only then. */
export function http01Solver(
  shown: (answers: ReadonlyMap<string, string>) => Promise<void> = async () => {},
): Http01Solver {
  const answers = new Map<string, string>();
  return {
    kind: 'http-01',
    response: (token) => answers.get(token),
    async present({ token, keyAuthorization }) {
      answers.set(token, keyAuthorization);
      await shown(answers);
      return async () => {
        answers.delete(token);
        await shown(answers);
      };
    },
  };
}
