import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { watchCertificateFiles } from '../../src/control/certificates/files/watch.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { CertificateFiles, CertificatePair } from '../../src/model/site.ts';
import { command } from '../support/command.ts';
import { manualClock } from '../support/manual-clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const names = ['app.internal'];

async function setting(context: TestContext) {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({ directory: join(directory, 'ca'), clock: systemClock, log: memoryLog() });
  const certs = join(directory, 'certs');
  await mkdir(certs);
  const files = { certificate: join(certs, 'fullchain.pem'), key: join(certs, 'privkey.pem') };
  return { directory, authority, certs, files, issue: () => authority.issue({ names }) };
}

async function put(pair: CertificatePair, files: CertificateFiles): Promise<void> {
  await writeFile(files.key, pair.key, { mode: 0o600 });
  await writeFile(files.certificate, pair.chain);
}

/** Watches with the machine's clock; `next` is the next time the pairs are handed over. */
async function follow(context: TestContext, files: readonly CertificateFiles[]) {
  const log = memoryLog();
  const waiting: ((pairs: readonly CertificatePair[]) => void)[] = [];
  const onChanged = (pairs: readonly CertificatePair[]) => waiting.shift()?.(pairs);
  const watcher = await watchCertificateFiles(files, { names, clock: systemClock, log, onChanged });
  // Nothing of the watcher keeps the process alive, so the test does.
  const alive = setInterval(() => {}, 1000);
  context.after(() => {
    clearInterval(alive);
    watcher.close();
  });
  const next = () => new Promise<readonly CertificatePair[]>((resolve) => waiting.push(resolve));
  return { watcher, log, next };
}

test('a pair that is written over is taken up', async (context) => {
  const { files, issue } = await setting(context);
  const [first, second] = [await issue(), await issue()];
  await put(first, files);
  const { watcher, next } = await follow(context, [files]);
  assert.deepEqual(watcher.pairs(), [first]);
  const swapped = next();
  await put(second, files);
  assert.deepEqual(await swapped, [second]);
});

test('a pair that is renamed into place is taken up, and the next one too', async (context) => {
  const { files, issue, directory } = await setting(context);
  await put(await issue(), files);
  const { next } = await follow(context, [files]);
  for (let time = 0; time < 2; time++) {
    const pair = await issue();
    const swapped = next();
    const fresh = { certificate: join(directory, 'new.pem'), key: join(directory, 'new.key') };
    await put(pair, fresh);
    await rename(fresh.key, files.key);
    await rename(fresh.certificate, files.certificate);
    assert.deepEqual(await swapped, [pair]);
  }
});

test("certbot's links in live/ that are pointed at the next pair in archive/ are followed", async (context) => {
  const { directory, issue } = await setting(context);
  const [live, archive] = [join(directory, 'live', 'app'), join(directory, 'archive', 'app')];
  await mkdir(live, { recursive: true });
  await mkdir(archive, { recursive: true });
  const files = { certificate: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') };
  const point = async (pair: CertificatePair, number: number) => {
    await put(pair, {
      certificate: join(archive, `fullchain${number}.pem`),
      key: join(archive, `privkey${number}.pem`),
    });
    for (const each of ['privkey', 'fullchain']) {
      await rm(join(live, `${each}.pem`), { force: true });
      await symlink(`../../archive/app/${each}${number}.pem`, join(live, `${each}.pem`));
    }
  };
  const [first, second] = [await issue(), await issue()];
  await point(first, 1);
  const { watcher, next } = await follow(context, [files]);
  assert.deepEqual(watcher.pairs(), [first]);
  const swapped = next();
  await point(second, 2);
  assert.deepEqual(await swapped, [second]);
});

test('a whole directory that is swapped by its link, as Kubernetes does, is followed', async (context) => {
  const { directory, issue } = await setting(context);
  const volume = join(directory, 'volume');
  const at = (version: string) => ({
    certificate: join(volume, version, 'tls.crt'),
    key: join(volume, version, 'tls.key'),
  });
  const [first, second] = [await issue(), await issue()];
  for (const [version, pair] of Object.entries({ '..1': first, '..2': second })) {
    await mkdir(join(volume, version), { recursive: true });
    await put(pair, at(version));
  }
  await symlink('..1', join(volume, '..data'));
  for (const each of ['tls.crt', 'tls.key']) await symlink(`..data/${each}`, join(volume, each));
  const { next } = await follow(context, [at('.')]);
  const swapped = next();
  await symlink('..2', join(volume, '..next'));
  await rename(join(volume, '..next'), join(volume, '..data'));
  assert.deepEqual(await swapped, [second]);
});

test('a broken new pair keeps the old one and is shouted once; the repaired one is taken up', async (context) => {
  const { files, issue } = await setting(context);
  const [first, second, third] = [await issue(), await issue(), await issue()];
  await put(first, files);
  const clock = manualClock(Date.now());
  const log = memoryLog();
  const seen: (readonly CertificatePair[])[] = [];
  const watcher = await watchCertificateFiles([files], {
    names,
    clock,
    log,
    onChanged: (pairs) => void seen.push(pairs),
  });
  context.after(() => watcher.close());
  for (const broken of [
    { ...second, key: third.key },
    { ...second, chain: 'rubbish' },
  ]) {
    await put(broken, files);
    await watcher.check();
    assert.deepEqual(log.of('error'), [], 'the other half may be on its way');
    await watcher.check();
    await watcher.check();
    assert.equal(log.of('error').length, 1);
    assert.deepEqual(watcher.pairs(), [first]);
    log.clear();
  }
  await put(third, files);
  await watcher.check();
  assert.deepEqual(seen, [[third]]);
});

test('the error says which file is wrong and how to mend it, and nothing of the key', async (context) => {
  const { files, issue, certs } = await setting(context);
  const pair = await issue();
  const load = (each: CertificateFiles = files) =>
    watchCertificateFiles([each], { names, clock: manualClock(Date.now()), log: memoryLog(), onChanged: () => {} });
  await assert.rejects(load(), { code: 'certificate-unreadable', message: /fullchain\.pem: there is no such file/ });
  await put({ ...pair, key: (await issue()).key }, files);
  await assert.rejects(load(), { code: 'key-mismatch', message: /privkey\.pem does not belong .*fullchain\.pem/ });
  await put(pair, files);
  await assert.rejects(load({ certificate: files.key, key: files.certificate }), { cure: /swapped/ });
  const [leaf, intermediate] = pair.chain.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----\n/g) ?? [];
  await put({ ...pair, chain: `${intermediate}${leaf}` }, files);
  await assert.rejects(load(), { code: 'key-mismatch', cure: /certificate 2 of that file: put that one first/ });
  await put({ ...pair, key: pair.key.replace(/\n.{8}/, '\n!!!!!!!!') }, files);
  const damaged = await load().then(
    () => null,
    (error: Error) => error,
  );
  assert.match(damaged?.message ?? '', /privkey\.pem holds no usable private key/);
  assert.ok(!`${damaged?.message} ${damaged?.cause}`.includes(pair.key.slice(40, 60)));
  const encrypted = join(certs, 'encrypted.pem');
  const encrypting = await command(
    'openssl',
    ['pkey', '-aes256', '-passout', 'pass:word', '-out', encrypted],
    pair.key,
  );
  assert.equal(encrypting.code, 0, encrypting.output);
  await put(pair, files);
  await assert.rejects(load({ ...files, key: encrypted }), {
    code: 'key-invalid',
    message: /encrypted/,
    cure: /passphrase/,
  });
});

test('of two pairs of one site only the changed one is read anew', async (context) => {
  const { files, issue, certs } = await setting(context);
  const other = { certificate: join(certs, 'rsa.pem'), key: join(certs, 'rsa.key') };
  const [first, second, third] = [await issue(), await issue(), await issue()];
  await put(first, files);
  await put(second, other);
  const { next, watcher } = await follow(context, [files, other]);
  assert.deepEqual(watcher.pairs(), [first, second]);
  const swapped = next();
  await put(third, other);
  assert.deepEqual(await swapped, [first, third]);
});

test('without any event the files are still looked at every minute; a refused swap is tried again', async (context) => {
  const { files, issue } = await setting(context);
  const [first, second] = [await issue(), await issue()];
  await put(first, files);
  const clock = manualClock(Date.now());
  const log = memoryLog();
  let calls = 0;
  let done = (): void => {};
  const swapped = new Promise<void>((resolve) => {
    done = resolve;
  });
  const onChanged = () => {
    calls++;
    if (calls === 1) throw new Error('the listener is busy');
    done();
  };
  const watcher = await watchCertificateFiles([files], { names, clock, log, onChanged });
  context.after(() => watcher.close());
  await put(second, files);
  while (calls < 2) {
    clock.advance(60_000);
    await pause(20);
  }
  await swapped;
  assert.match(log.of('error').join(), /listener is busy/);
});

test('a pair that nobody renews is shouted about every day', async (context) => {
  const { files, issue } = await setting(context);
  await put(await issue(), files);
  const clock = manualClock(Date.now());
  const log = memoryLog();
  const watcher = await watchCertificateFiles([files], { names, clock, log, onChanged: () => {} });
  context.after(() => watcher.close());
  const lookAfter = async (days: number) => {
    log.clear();
    clock.set(clock.now() + days * 86_400_000);
    await watcher.check();
    await watcher.check();
    return log.lines;
  };
  assert.deepEqual(await lookAfter(70), []);
  assert.match(
    (await lookAfter(8)).join('\n'),
    /^warn The certificate ends on .*, in 11 days [^\n]*code=expires-soon[^\n]*$/,
  );
  assert.match((await lookAfter(1)).join('\n'), /in 10 days/);
  assert.match((await lookAfter(11)).join('\n'), /^error The certificate ended on .*code=expired/);
});
