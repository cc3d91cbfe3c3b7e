/**
 * Puts the clients of this machine through `sallyport assay` and prints, as the table of docs/guides/does-my-client-verify.md, which of them take
 * what. A client that is not installed is left out. Takes about a minute.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Client {
  readonly name: string;
  /** Prints the version; a client whose command fails is not there. */
  readonly version: readonly string[];
  /** Of the verb. */
  readonly options?: readonly string[];
  readonly command: readonly string[];
}

interface Report {
  readonly verifies: string;
  readonly accepts: readonly string[];
  readonly refused: readonly string[];
  readonly problem: { readonly why: string } | null;
  readonly cases: readonly { readonly name: string; readonly group: string; readonly outcome: string }[];
}

const directory = mkdtempSync(join(tmpdir(), 'sallyport-assay-clients-'));
const entry = resolve(import.meta.dirname, '../src/cli/main.ts');

/** The class `Client` with one argument: `raw` opens a socket, as programs do that speak a protocol of their own. */
const java = `import java.io.*; import java.net.*; import java.security.*; import java.security.cert.*; import javax.net.ssl.*;
public class Client {
  public static void main(String[] a) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    store.setCertificateEntry("lab", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(a[1])));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    URL url = new URL(a[0]);
    if (a.length > 2) {
      Socket socket = context.getSocketFactory().createSocket(url.getHost(), url.getPort());
      socket.getOutputStream().write("GET / HTTP/1.0\\r\\n\\r\\n".getBytes());
      socket.getInputStream().read();
      return;
    }
    HttpsURLConnection connection = (HttpsURLConnection) url.openConnection();
    connection.setSSLSocketFactory(context.getSocketFactory());
    connection.getInputStream().readAllBytes();
  }
}
`;

const pythonVersion = [
  'python3',
  '-c',
  'import ssl, sys; print("Python", sys.version.split()[0] + ",", ssl.OPENSSL_VERSION)',
];
const urllib = (context: string): string[] => [
  'python3',
  '-c',
  `import ssl, sys, urllib.request as r; c = ${context}; r.urlopen(sys.argv[1], context=c).read()`,
  '{url}',
  '{ca}',
];
const requests = (verify: string): string[] => [
  'python3',
  '-c',
  `import requests, sys; requests.get(sys.argv[1], verify=${verify})`,
  '{url}',
  '{ca}',
];
const requestsVersion = ['python3', '-c', 'import requests; print("requests", requests.__version__)'];
const nodeVersion = [
  process.execPath,
  '-p',
  '"Node.js " + process.versions.node + ", OpenSSL " + process.versions.openssl',
];
const https = (options: string): string[] => [
  process.execPath,
  '-e',
  `require("https").get(process.argv[1], { ca: require("fs").readFileSync(process.argv[2]), ${options} }, (r) => r.resume())`,
  '{url}',
  '{ca}',
];
const socket = (more: string): string[] => [
  'sh',
  '-c',
  `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -CAfile {ca} -connect {host}:{port} ${more}`,
];
const curlVersion = ['sh', '-c', "curl --version | sed -n '1s/ (.*OpenSSL/, OpenSSL/;1s/ zlib.*//p'"];
const wgetVersion = [
  'sh',
  '-c',
  "wget --version | sed -n '1s/ built.*//p'; ldd $(command -v wget) | grep -o 'libgnutls'",
];
const gitVersion = ['sh', '-c', "git --version; ldd $(git --exec-path)/git-remote-https | grep -o 'libcurl-gnutls'"];
const perl =
  'my $u = LWP::UserAgent->new(ssl_opts => { SSL_ca_file => $ARGV[1] }); print $u->get($ARGV[0])->status_line';

const clients: readonly Client[] = [
  { name: 'curl', version: curlVersion, command: ['curl', '-sSL', '--cacert', '{ca}', '{url}'] },
  { name: 'curl -k', version: curlVersion, command: ['curl', '-skL', '{url}'] },
  { name: 'wget', version: wgetVersion, command: ['wget', '-qO-', '--tries=1', '--ca-certificate={ca}', '{url}'] },
  {
    name: 'wget --no-check-certificate',
    version: wgetVersion,
    command: ['wget', '-qO-', '--tries=1', '--no-check-certificate', '{url}'],
  },
  { name: 'git', version: gitVersion, options: ['--trust-env'], command: ['git', 'ls-remote', '{url}'] },
  {
    name: 'git, http.sslVerify=false',
    version: gitVersion,
    command: ['git', '-c', 'http.sslVerify=false', 'ls-remote', '{url}'],
  },
  { name: 'openssl s_client', version: ['openssl', 'version'], command: socket('') },
  {
    name: 'openssl s_client -verify_return_error',
    version: ['openssl', 'version'],
    command: socket('-verify_return_error'),
  },
  {
    name: 'openssl s_client -verify_return_error -verify_hostname',
    version: ['openssl', 'version'],
    command: socket('-verify_return_error -verify_hostname {host}'),
  },
  {
    name: 'gnutls-cli',
    version: ['gnutls-cli', '--version'],
    command: ['sh', '-c', "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | gnutls-cli --x509cafile {ca} -p {port} {host}"],
  },
  { name: 'Python urllib', version: pythonVersion, command: urllib('ssl.create_default_context(cafile=sys.argv[2])') },
  {
    name: 'Python, check_hostname = False',
    version: pythonVersion,
    command: urllib('ssl.create_default_context(cafile=sys.argv[2]); c.check_hostname = False'),
  },
  {
    name: 'Python, _create_unverified_context',
    version: pythonVersion,
    command: urllib('ssl._create_unverified_context()'),
  },
  { name: 'Python requests', version: requestsVersion, command: requests('sys.argv[2]') },
  { name: 'Python requests, verify=False', version: requestsVersion, command: requests('False') },
  {
    name: 'Perl LWP',
    version: ['perl', '-MLWP::UserAgent', '-e', 'print "libwww-perl ", LWP::UserAgent->VERSION'],
    command: ['perl', '-MLWP::UserAgent', '-e', perl, '{url}', '{ca}'],
  },
  {
    name: 'Node.js fetch',
    version: nodeVersion,
    options: ['--trust-env'],
    command: [process.execPath, '-e', 'fetch(process.argv[1]).then((r) => r.text())', '{url}'],
  },
  { name: 'Node.js https', version: nodeVersion, command: https('') },
  {
    name: 'Node.js https, rejectUnauthorized: false',
    version: nodeVersion,
    command: https('rejectUnauthorized: false'),
  },
  {
    name: 'Deno fetch (rustls)',
    version: ['deno', '--version'],
    options: ['--trust-env'],
    command: ['deno', 'eval', 'await (await fetch(Deno.args[0])).text()', '{url}'],
  },
  {
    name: 'Java HttpsURLConnection',
    version: ['java', '--version'],
    command: ['java', '-cp', directory, 'Client', '{url}', '{ca}'],
  },
  {
    name: 'Java SSLSocket',
    version: ['java', '--version'],
    command: ['java', '-cp', directory, 'Client', '{url}', '{ca}', 'raw'],
  },
];

/** The first line, or null when the program is not there. */
function versionOf([program = '', ...args]: readonly string[]): string | null {
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PYTHONWARNINGS: 'ignore' },
  });
  if (status !== 0) return null;
  const lines = stdout.split('\n').filter(Boolean);
  const first = lines.slice(0, program === 'sh' ? 2 : 1).join(', ');
  return first.replace(/ \(.*\)/, '').trim();
}

function assay({ options = [], command }: Client): Report {
  const args = [entry, 'assay', '--json', ...options, '--', ...command];
  return JSON.parse(
    spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).stdout,
  );
}

function row({ name }: Client, version: string, { verifies, accepts, refused, problem, cases }: Report): string {
  const also = cases.filter(({ group, outcome }) => group === 'informative' && outcome === 'accepted');
  const list = (names: readonly string[]): string => names.map((each) => `\`${each}\``).join(', ') || '–';
  const bad = verifies === 'no' ? `all but ${list(refused)}` : list(accepts);
  const verdict = { yes: 'yes', partly: '**partly**', no: '**NO**' }[verifies] ?? `cannot tell: ${problem?.why}`;
  return `| ${name} | ${version} | ${verdict} | ${bad} | ${list(also.map((each) => each.name))} |`;
}

try {
  if (versionOf(['javac', '--version']) !== null) {
    writeFileSync(join(directory, 'Client.java'), java);
    execFileSync('javac', ['-d', directory, join(directory, 'Client.java')], { stdio: 'ignore' });
  }
  console.log('| client | version | verifies | bad certificates it accepts | of the informative ones it accepts |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const client of clients) {
    const version = versionOf(client.version);
    if (version !== null) console.log(row(client, version, assay(client)));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
