import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeHeader } from './message.ts';
import { signMessage, verifyAnswer } from './tsig.ts';

const key = { name: 'k', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 1).toString('base64') } as const;

test('no answer, however damaged, makes verification throw or pass', () => {
  const { signed, mac } = signMessage(encodeHeader({ id: 1, flags: 0, counts: [0, 0, 0, 0] }), key, 1_700_000_000);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
      assert.equal(verifyAnswer(Buffer.from(bytes), key, mac), false),
    ),
  );
  fc.assert(
    fc.property(fc.nat(signed.length - 1), fc.nat(255), (at, value) => {
      const damaged = Buffer.from(signed);
      damaged[at] = value;
      assert.equal(verifyAnswer(damaged, key, mac), false);
      assert.equal(verifyAnswer(damaged.subarray(0, at), key, mac), false);
    }),
  );
});
