import { finish } from '../cli/command-line.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';

/** What `sallyport assay --json` says of one client. */
export interface Assayed {
  readonly code: number | null;
  readonly stderr: string;
  readonly verifies: string;
  /** Bad certificates that were accepted. */
  readonly accepts: readonly string[];
  readonly refused: readonly string[];
  readonly problem: { readonly why: string; readonly cure: string } | null;
  readonly cases: readonly {
    readonly name: string;
    readonly group: string;
    readonly outcome: string;
    readonly detail: string;
    readonly connections: readonly { readonly finished: string | null }[];
    readonly client: { readonly exitCode: number | null; readonly said: string };
  }[];
}

/** Runs the lab over a client; `options` are those of the verb. */
export async function assay(scope: Scope, options: readonly string[], command: readonly string[]): Promise<Assayed> {
  const directory = await temporaryDirectory(scope);
  const args = ['assay', '--json', ...options, '--', ...command];
  const { code, stdout, stderr } = await finish(directory, args, { PATH: process.env.PATH, HOME: directory });
  if (stdout === '') throw new Error(`nothing was printed; exit code ${code}: ${stderr}`);
  return { ...JSON.parse(stdout), code, stderr };
}

/** `--case` for each of these. */
export function only(...names: readonly string[]): string[] {
  return names.flatMap((name) => ['--case', name]);
}

/** One case of each kind of mistake that clients make. */
export const typical = only(
  'self-signed',
  'unknown-ca',
  'leaf-as-ca',
  'client-only',
  'wrong-name',
  'wrong-address',
  'expired',
  'wrong-key',
);

/** Those that are wrong in their names alone. */
export const wrongNames = [
  'wrong-name',
  'wrong-name-cn-right',
  'similar-name',
  'wildcard-too-wide',
  'nul-in-name',
  'nul-in-cn',
  'wrong-address',
];
