import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TestClient } from '../../../test/http2/client.ts';
import { block, data, frame, parseFrames, rst, setting, settings, uint32 } from '../../../test/http2/peer.ts';
import { errorName } from './errors.ts';
import { Flag, FrameType } from './frames/frame-type.ts';
import { clientPreface } from './server-connection.ts';

/** A client whose server has sent its settings and whatever else the test wants. */
class Scene {
  readonly client = new TestClient();

  receive(...pieces: readonly Buffer[]): this {
    const octets = Buffer.concat(pieces);
    this.client.connection.receive(octets, 0, octets.length);
    return this;
  }

  static greeted(...settingsFrames: readonly Buffer[]): Scene {
    const scene = new Scene();
    scene.client.take();
    return scene.receive(settings(...settingsFrames));
  }

  frames(type: number): string[] {
    return parseFrames(this.client.take())
      .filter((seen) => seen.type === type)
      .map(({ id, payload }) => `${id} ${errorName(payload.readUInt32BE(type === FrameType.GOAWAY ? 4 : 0))}`);
  }
}

const response = (id: number, fields: readonly [string, string][] = [], flags = 4, status = '200'): Buffer =>
  frame(FrameType.HEADERS, flags, id, block([[':status', status], ...fields]));

test('RFC 9113 §3.4: the preface, then SETTINGS that switch push off', () => {
  const octets = new TestClient().take();
  assert.equal(octets.subarray(0, clientPreface.length).equals(clientPreface), true);
  const [first] = parseFrames(octets.subarray(clientPreface.length));
  assert.equal(first?.type, FrameType.SETTINGS);
  assert.deepEqual([...(first?.payload.subarray(0, 6) ?? [])], [0, 2, 0, 0, 0, 0]);
});

describe('responses', () => {
  test('interim, final, data and trailers arrive in order', async () => {
    const scene = Scene.greeted();
    const answer = scene.client.request('GET', '/');
    scene.receive(response(1, [], 4, '103'), response(1, [['a', 'b']]), data(1, 'body'));
    scene.receive(frame(FrameType.HEADERS, 5, 1, block([['grpc-status', '0']])));
    await answer.done;
    assert.deepEqual(
      [answer.early, answer.status, answer.fields, answer.body.toString(), answer.trailers],
      [[103], 200, 'a: b\r\n', 'body', 'grpc-status: 0\r\n'],
    );
    assert.equal(scene.client.connection.openStreams, 0);
  });

  const refused = (name: string, ...frames: readonly Buffer[]): void => {
    test(`${name}: stream error PROTOCOL_ERROR`, async () => {
      const scene = Scene.greeted();
      const answer = scene.client.request('GET', '/');
      scene.receive(...frames);
      await assert.rejects(answer.done, /reset 1 by us/);
      assert.deepEqual(scene.frames(FrameType.RST_STREAM), ['1 PROTOCOL_ERROR']);
    });
  };
  refused('§8.1: DATA before the head', data(1, 'x'));
  refused('§8.3.2: no status', frame(FrameType.HEADERS, 4, 1, block([['a', 'b']])));
  refused('§8.3.2: a status that is none', response(1, [], 4, '2x0'));
  refused('§8.3.2: a pseudo-field of requests', frame(FrameType.HEADERS, 4, 1, block([[':path', '/']])));
  refused('§8.2.2: transfer-encoding', response(1, [['transfer-encoding', 'chunked']]));
  refused('§8.6: 101', response(1, [], 4, '101'));
  refused('§8.1: an interim response that ends the stream', response(1, [], 5, '103'));
  refused('§8.1.1: less data than content-length', response(1, [['content-length', '3']]), data(1, 'xx', true));
  refused('§8.1.1: more data than content-length', response(1, [['content-length', '1']]), data(1, 'xx'));

  test('the answer to HEAD keeps its content-length and has no data', async () => {
    const scene = Scene.greeted();
    const answer = scene.client.request('HEAD', '/');
    scene.receive(response(1, [['content-length', '5']], 5));
    await answer.done;
    assert.equal(answer.fields, 'content-length: 5\r\n');
    const wrong = Scene.greeted();
    const second = wrong.client.request('HEAD', '/');
    wrong.receive(response(1, [['content-length', '5']]), data(1, 'xxxxx'));
    await assert.rejects(second.done);
  });
});

describe('RFC 9113 §8.3: requests', () => {
  test('host goes in :authority alone, connection-specific fields are left out, te only as trailers', () => {
    const scene = Scene.greeted();
    const fields: [string, string][] = [
      ['Host', 'localhost'],
      ['Connection', 'close'],
      ['TE', 'trailers'],
      ['Accept', 'x'],
    ];
    scene.client.request('GET', '/a', fields);
    scene.client.request('GET', '/b', [['TE', 'gzip']]);
    const [first, second] = parseFrames(scene.client.take()).filter(({ type }) => type === FrameType.HEADERS);
    const text = first?.payload.toString('latin1') ?? '';
    assert.match(text, /trailers/);
    assert.doesNotMatch(text, /close/);
    assert.equal(text.split('localhost').length, 2);
    assert.doesNotMatch(second?.payload.toString('latin1') ?? '', /gzip/);
  });
});

describe('how many and until when', () => {
  test('§5.1.2: no more streams than the server takes', () => {
    const scene = Scene.greeted(setting(3, 2));
    scene.client.request('GET', '/');
    scene.client.request('GET', '/');
    assert.equal(scene.client.connection.canOpen, false);
    scene.receive(response(1, [], 5));
    assert.equal(scene.client.connection.canOpen, true);
  });

  test('§6.8: GOAWAY gives back what the server did not look at, and no stream is opened any more', async () => {
    const scene = Scene.greeted();
    const first = scene.client.request('GET', '/1');
    const second = scene.client.request('GET', '/2');
    scene.receive(frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(0)])));
    await assert.rejects(second.done, /reset 7 by peer/);
    assert.equal(scene.client.connection.canOpen, false);
    scene.receive(response(1, [], 5));
    await first.done;
  });

  test('a reset with NO_ERROR behind a whole answer ends the upload (§8.1)', async () => {
    const scene = Scene.greeted();
    const answer = scene.client.request('POST', '/', [], Buffer.alloc(200_000));
    scene.receive(response(1), data(1, 'enough', true));
    await answer.done;
    scene.receive(rst(1, 0));
    assert.equal(answer.body.toString(), 'enough');
    assert.equal(scene.client.connection.openStreams, 0);
  });

  test('§8.4: a push is a connection error PROTOCOL_ERROR, as are streams the server opens', () => {
    for (const octets of [frame(FrameType.PUSH_PROMISE, 4, 1, uint32(2)), response(2), response(3)]) {
      const scene = Scene.greeted();
      scene.client.request('GET', '/');
      scene.receive(octets);
      assert.deepEqual(scene.frames(FrameType.GOAWAY), ['0 PROTOCOL_ERROR']);
    }
  });

  test('§6.5.2: ENABLE_PUSH 1 from a server is a connection error PROTOCOL_ERROR', () => {
    const scene = Scene.greeted(setting(2, 1));
    assert.deepEqual(scene.frames(FrameType.GOAWAY), ['0 PROTOCOL_ERROR']);
  });

  test('frames of a stream that was cancelled are dropped', () => {
    const scene = Scene.greeted();
    const answer = scene.client.request('GET', '/');
    scene.client.connection.reset(answer.stream!, 8);
    scene.receive(response(1), data(1, 'late', true), frame(FrameType.PING, Flag.ACK, 0, Buffer.alloc(8)));
    assert.deepEqual(scene.frames(FrameType.GOAWAY), []);
    assert.equal(answer.status, 0);
  });
});
