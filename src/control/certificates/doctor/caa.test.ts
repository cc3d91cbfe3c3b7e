import assert from 'node:assert/strict';
import type { CaaRecord } from 'node:dns';
import { describe, test } from 'node:test';
import { fakeLookup } from '../../../../test/support/fake-lookup.ts';
import { type CaaQuestion, caaRefusal, checkCaa } from './caa.ts';

const question: CaaQuestion = {
  domain: 'www.example.org',
  wildcard: false,
  identities: ['letsencrypt.org'],
  accountUrl: 'https://ca.test/acct/1',
  challenge: 'http-01',
};
const issue = (value: string): CaaRecord => ({ critical: 0, issue: value });
const issuewild = (value: string): CaaRecord => ({ critical: 0, issuewild: value });

describe('CAA records', () => {
  const cases: readonly [string, readonly CaaRecord[], Partial<CaaQuestion>, RegExp | ''][] = [
    ['the CA named', [issue('letsencrypt.org')], {}, ''],
    ['the CA named among others, in another case', [issue('a.test'), issue('LetsEncrypt.org')], {}, ''],
    ['another CA', [issue('sectigo.com')], {}, /only "sectigo\.com" may issue/],
    ['nobody', [issue(';')], {}, /only ";" may issue/],
    ['only a contact', [{ critical: 0, iodef: 'mailto:a@example.org' }], {}, ''],
    ['wildcards forbidden, for a plain name', [issue('letsencrypt.org'), issuewild(';')], {}, ''],
    [
      'wildcards forbidden, for a wildcard',
      [issue('letsencrypt.org'), issuewild(';')],
      { wildcard: true },
      /may issue/,
    ],
    ['only issuewild, for a plain name', [issuewild('sectigo.com')], {}, ''],
    ['no issuewild, for a wildcard', [issue('sectigo.com')], { wildcard: true }, /may issue/],
    ['our account', [issue('letsencrypt.org; accounturi=https://ca.test/acct/1')], {}, ''],
    [
      'another account',
      [issue('letsencrypt.org; accounturi=https://ca.test/acct/2')],
      {},
      /only the account .*acct\/2/,
    ],
    ['our kind of proof', [issue('letsencrypt.org; validationmethods=dns-01,http-01')], {}, ''],
    ['another kind of proof', [issue('letsencrypt.org;validationmethods=dns-01')], {}, /only dns-01/],
    [
      'an unknown critical record',
      [issue('letsencrypt.org'), { critical: 128, future: 'x' } as CaaRecord],
      {},
      /critical/,
    ],
  ];
  for (const [what, records, changes, wanted] of cases) {
    test(what, () => {
      const refusal = caaRefusal(records, { ...question, ...changes });
      if (wanted === '') assert.equal(refusal, '');
      else assert.match(refusal, wanted);
    });
  }
});

test('the closest records win, found by climbing', async () => {
  const lookup = fakeLookup({ caa: { 'example.org': [issue('sectigo.com')], org: [issue('letsencrypt.org')] } });
  const finding = await checkCaa(lookup, question);
  assert.equal(finding.code, 'caa-forbids');
  assert.match(finding.evidence, /^at example\.org: /);
  assert.match(finding.cure, /add a record at example\.org: CAA 0 issue "letsencrypt\.org"/);
  assert.equal((await checkCaa(fakeLookup({}), question)).level, 'ok');
});

test('servers that fail on CAA questions are an error: a CA must refuse then', async () => {
  const finding = await checkCaa(fakeLookup({ broken: ['example.org'] }), question);
  assert.equal(finding.code, 'caa-unreadable');
  assert.match(finding.evidence, /SERVFAIL/);
});
