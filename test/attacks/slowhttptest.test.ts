/** slowhttptest, the usual tool for slow attacks, in its four modes: the gate stays available. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { anyPorts } from '../exchange/support.ts';
import { needs, requirePart } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { residentBytes, startApp } from './support.ts';

const scope = sharedScope();
const app = await startApp(scope);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}workers: 1
limits: { headTimeout: 2s, bodyIdle: 2s }
sites:
  127.0.0.1: { tls: off, to: ${app} }
  localhost: ${app}
`,
);

const modes: Readonly<Record<string, readonly string[]>> = {
  'slow heads': ['-H', '-i', '1', '-x', '8'],
  'slow bodies': ['-B', '-i', '1', '-s', '100000', '-x', '8'],
  'slow reads': ['-X', '-w', '1', '-y', '64', '-n', '1', '-z', '16', '-k', '3'],
  'many ranges': ['-R', '-a', '5', '-b', '2000'],
};

suite('slowhttptest', { concurrency: 2 }, () => {
  for (const [name, args] of Object.entries(modes)) {
    test(name, needs('slowhttptest'), async (t) => {
      const url = `http://127.0.0.1:${sallyport.http}/${name === 'slow reads' ? 'big' : ''}`;
      const all = [...args, '-c', '400', '-r', '200', '-l', '9', '-p', '20', '-u', url];
      const { stdout } = await runProcess(requirePart('slowhttptest'), all, { milliseconds: 60_000 });
      const text = stripVTControlCharacters(stdout);
      const available = [...text.matchAll(/service available:\s*(\w+)/g)].map(([, word]) => word);
      t.diagnostic(
        `${/Exit status:\s*(.*)/.exec(text)?.[1]} (${/Test ended on (\d+)/.exec(text)?.[1]} s); service available: ${available.join(', ')}; ` +
          `${Math.round((await residentBytes(sallyport.pid)) / 1024 / 1024)} MiB`,
      );
      assert.ok(available.length > 0, text);
      assert.ok(!available.includes('NO'), text);
      const { text: answer } = await rawExchange(
        sallyport.http,
        'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
      );
      assert.match(answer, /^HTTP\/1\.1 200 /);
    });
  }
});
