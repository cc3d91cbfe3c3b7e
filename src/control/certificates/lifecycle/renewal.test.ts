import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { day, minute } from '../../../../test/support/fake-issuer.ts';
import { freshProgress, type Generation } from './record.ts';
import { ageRenewal, drawWindow, nextPoll, nextPollAfterFailure, renewalTime } from './renewal.ts';

const names = ['a.example'];
function generation(notBefore: number, life: number): Generation {
  const pair = { chain: '', key: '' };
  return { names, pair, issuer: 'ca', notBefore, notAfter: notBefore + life, renewalId: 'x.y', obtainedAt: notBefore };
}
const anyLife = fc.integer({ min: 1, max: 400 * 24 }).map((hours) => (hours * day) / 24);
const anyStart = fc.integer({ min: 1, max: 4e12 });

describe('renewal by age', () => {
  test('is at two thirds of life, at half when that is ten days or less, give or take 2 %', () => {
    fc.assert(
      fc.property(anyStart, anyLife, (start, life) => {
        const share = (ageRenewal(generation(start, life)) - start) / life;
        const wanted = life <= 10 * day ? 1 / 2 : 2 / 3;
        assert.ok(Math.abs(share - wanted) <= 0.02 + 1e-9, `${share}`);
      }),
    );
  });

  test('is the same after a restart, and differs between certificates', () => {
    const times = new Set<number>();
    for (let index = 0; index < 100; index++) {
      const one = { ...generation(0, 90 * day), renewalId: `serial.${index}` };
      assert.equal(ageRenewal(one), ageRenewal({ ...one }));
      times.add(ageRenewal(one));
    }
    assert.ok(times.size > 90);
  });
});

describe('a suggested window', () => {
  test('is used when it is later than age, but never past the last twentieth of life', () => {
    fc.assert(
      fc.property(anyStart, anyLife, fc.double({ min: -1, max: 2, noNaN: true }), (start, life, where) => {
        const one = generation(start, life);
        const selected = start + where * life;
        const window = { start: selected - 1, end: selected + 1, selected, explanation: '' };
        const progress = { ...freshProgress, polling: { window, nextPoll: 0, failures: 0 } };
        const { at, reason } = renewalTime(one, names, progress);
        assert.equal(at, Math.min(selected, one.notAfter - life / 20));
        assert.equal(reason, selected <= one.notAfter - life / 20 ? 'suggested' : 'emergency');
      }),
    );
  });

  test('gives way to age when the CA has not answered for a day and age is earlier', () => {
    const one = generation(0, 90 * day);
    const window = { start: 70 * day, end: 71 * day, selected: 70.5 * day, explanation: '' };
    const progress = { ...freshProgress, polling: { window, nextPoll: 0, failures: 8 } };
    assert.equal(renewalTime(one, names, progress).reason, 'age');
  });

  test('is drawn in evenly, once: the draw stays while the window does', () => {
    fc.assert(
      fc.property(
        anyStart,
        fc.integer({ min: 1, max: 30 * day }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (start, long, draw) => {
          const info = { start, end: start + long, explanation: '' };
          const window = drawWindow(info, null, () => draw);
          assert.ok(window.selected >= info.start && window.selected < info.end);
          assert.equal(
            drawWindow(info, window, () => 1 - draw),
            window,
          );
          const moved = drawWindow({ ...info, end: info.end + 1 }, window, () => 0);
          assert.equal(moved.selected, start);
        },
      ),
    );
  });

  test('is asked for when the CA says, at least daily, at most once a minute', () => {
    const now = 1e12;
    assert.equal(nextPoll(now, now + 6 * 3_600_000) - now, 6 * 3_600_000);
    assert.equal(nextPoll(now, now + 30 * day) - now, day);
    assert.equal(nextPoll(now, now) - now, minute);
    assert.ok(nextPoll(now, undefined) - now <= day / 2);
    for (let failures = 1; failures < 50; failures++) {
      const wait = nextPollAfterFailure(now, failures) - now;
      assert.ok(wait >= minute && wait <= day / 4);
    }
  });
});

test('a certificate that does not cover the wanted names is due at once', () => {
  const due = renewalTime(generation(1e12, 90 * day), ['a.example', 'b.example'], freshProgress);
  assert.deepEqual(due, { at: 0, reason: 'names' });
});
