import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requirePart } from './parts.ts';
import { type Finished, type RunOptions, runProcess } from './process.ts';
import { makeDirectory, removeDirectory } from './scope.ts';

/** Proxy settings and configuration files of the machine must not reach the clients under test. */
const environment = { http_proxy: undefined, https_proxy: undefined, all_proxy: undefined, no_proxy: undefined };

function run(command: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return runProcess(command, args, { ...options, env: { ...environment, ...options.env } });
}

/** curl, quiet but for errors, without the user's .curlrc. */
export function runCurl(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(requirePart('curl'), ['--disable', '--silent', '--show-error', '--max-time', '25', ...args], options);
}

/** openssl; `input` is its standard input, e.g. the request that `s_client` sends. */
export function openssl(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(requirePart('openssl'), args, options);
}

/** wget, one try, without the user's .wgetrc. */
export function wget(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(requirePart('wget'), ['--no-config', '--tries=1', '--timeout=25', ...args], options);
}

export interface PythonRequest {
  readonly port: number;
  /** The name asked for (SNI and Host) and verified. */
  readonly name: string;
  readonly path?: string;
  readonly rootFile: string;
}

/**
 * One GET by Python's `ssl` and `http.client` with full verification. Prints the TLS version and status on the first
 * line of stdout and then the body; a certificate that does not verify ends it with code 1 and the reason on stderr.
 */
export async function pythonSsl({ port, name, path = '/', rootFile }: PythonRequest): Promise<Finished> {
  const source = `
import http.client, socket, ssl, sys
port, name, path, root = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=root)
connection = http.client.HTTPSConnection(name, port, context=context, timeout=20)
connection.sock = context.wrap_socket(socket.create_connection(('127.0.0.1', port), 20), server_hostname=name)
version = connection.sock.version()
connection.request('GET', path)
response = connection.getresponse()
print(version, response.status)
sys.stdout.write(response.read().decode())
`;
  const directory = await makeDirectory();
  try {
    const file = join(directory, 'client.py');
    await writeFile(file, source);
    return await run(requirePart('python3'), [file, String(port), name, path, rootFile], {
      env: { PYTHONPATH: undefined, PYTHONHOME: undefined },
    });
  } finally {
    await removeDirectory(directory);
  }
}
