// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the forms that users write
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPort } from './port-lines.ts';
import { printRange } from './port-syntax.ts';
import { readNodes } from './read-nodes.ts';

const variables = new Map([
  ['PORT', '9000'],
  ['BIND', '0.0.0.0'],
  ['EMPTY', ''],
  ['LINE', '127.0.0.1:7000:70'],
]);

/** Each port line as it stands in a file, and what it means: `address published target protocol`, `*` for every address, `?` for a port that Docker chooses. */
const meanings: readonly (readonly [written: string, meaning: string])[] = [
  ['3000', '* ? 3000 tcp'],
  ['"3000"', '* ? 3000 tcp'],
  ["'3000'", '* ? 3000 tcp'],
  ['"3000-3005"', '* ? 3000-3005 tcp'],
  ['"8000:8000"', '* 8000 8000 tcp'],
  ['8000:80', '* 8000 80 tcp'],
  ['"9090-9091:8080-8081"', '* 9090-9091 8080-8081 tcp'],
  ['"49100:22"', '* 49100 22 tcp'],
  ['22:22', '* 22 22 tcp'],
  ['"8000-9000:80"', '* 8000-9000 80 tcp'],
  ['"127.0.0.1:8001:8001"', '127.0.0.1 8001 8001 tcp'],
  ['127.0.0.1:8001:8001', '127.0.0.1 8001 8001 tcp'],
  ['"127.0.0.1:5000-5010:5000-5010"', '127.0.0.1 5000-5010 5000-5010 tcp'],
  ['"127.0.0.1:5000-5010:80"', '127.0.0.1 5000-5010 80 tcp'],
  ['"127.0.0.1::5000"', '127.0.0.1 ? 5000 tcp'],
  ['127.0.0.1::80', '127.0.0.1 ? 80 tcp'],
  ['"6060:6060/udp"', '* 6060 6060 udp'],
  ['"6060:6060/UDP"', '* 6060 6060 udp'],
  ['"6060:6060/tcp"', '* 6060 6060 tcp'],
  ['"6060:6060/"', '* 6060 6060 tcp'],
  ['"127.0.0.1:6060:6060/udp"', '127.0.0.1 6060 6060 udp'],
  ['"7777/sctp"', '* ? 7777 sctp'],
  ['"0.0.0.0:80:80"', '0.0.0.0 80 80 tcp'],
  ['"192.168.1.5:80:80"', '192.168.1.5 80 80 tcp'],
  ['"::1:6001:6001"', '::1 6001 6001 tcp'],
  ['"[::1]:6001:6001"', '::1 6001 6001 tcp'],
  ['"[::1]::6001"', '::1 ? 6001 tcp'],
  ['"[::]:6001:6001"', ':: 6001 6001 tcp'],
  ['":::6001:6001"', ':: 6001 6001 tcp'],
  ['"[2001:DB8::1]:80:80"', '2001:db8::1 80 80 tcp'],
  ['"[::ffff:127.0.0.1]:80:80"', '127.0.0.1 80 80 tcp'],
  ['":80"', '* ? 80 tcp'],
  ['"::80"', '* ? 80 tcp'],
  ['"0:80"', '* ? 80 tcp'],
  ['" 8080:80 "', '* 8080 80 tcp'],
  ['"${PORT}:80"', '* 9000 80 tcp'],
  ['"$PORT:80"', '* 9000 80 tcp'],
  ['"${PORT:-8080}:80"', '* 9000 80 tcp'],
  ['"${UNSET:-8080}:80"', '* 8080 80 tcp'],
  ['"${UNSET-8080}:80"', '* 8080 80 tcp'],
  ['"${EMPTY:-8080}:80"', '* 8080 80 tcp'],
  ['"${EMPTY-8080}:80"', '* ? 80 tcp'],
  ['"${UNSET}:80"', '* ? 80 tcp'],
  ['"${BIND}:${PORT}:80"', '0.0.0.0 9000 80 tcp'],
  ['"${UNSET:-127.0.0.1}:${PORT:-1}:80"', '127.0.0.1 9000 80 tcp'],
  ['"${PORT:+127.0.0.1:}8080:80"', '127.0.0.1 8080 80 tcp'],
  ['"${UNSET:+127.0.0.1:}8080:80"', '* 8080 80 tcp'],
  ['"${A:-${B:-${PORT}}}:80"', '* 9000 80 tcp'],
  ['"${LINE}"', '127.0.0.1 7000 70 tcp'],
  ['"${UNSET:?which port}:80"', 'refused: the variable UNSET is not set, and must be'],
  ['"${PORT:?which port}:80"', '* 9000 80 tcp'],
  ['"${PORT:80"', 'refused: a dollar sign that begins no variable'],
  ['"${PORT}}:80"', 'refused: not a port to publish'],
  ['{ target: 80 }', '* ? 80 tcp'],
  ['{ target: 80, published: 8080 }', '* 8080 80 tcp'],
  ['{ target: 80, published: "8080", protocol: tcp, mode: host }', '* 8080 80 tcp'],
  ['{ target: 80, published: "8080-8090" }', '* 8080-8090 80 tcp'],
  ['{ target: 80, host_ip: 127.0.0.1, published: "8080" }', '127.0.0.1 8080 80 tcp'],
  ['{ target: 80, host_ip: "::1", published: 8080, app_protocol: http, name: web }', '::1 8080 80 tcp'],
  ['{ target: 53, published: 53, protocol: udp }', '* 53 53 udp'],
  ['{ target: "80", published: "${PORT}", host_ip: "${BIND}" }', '0.0.0.0 9000 80 tcp'],
  ['{ target: 80, x-note: ours }', '* ? 80 tcp'],
  ['{ target: 80, publish: 8080 }', 'refused: an unknown key'],
  ['{ published: 8080 }', 'refused: no port of the container'],
  ['{ target: 80, published: [8080] }', 'refused: not a single value'],
  ['{ target: 80, host_ip: localhost }', 'refused: localhost is no address to Docker'],
  ['"localhost:5001:5000"', 'refused: localhost is no address to Docker'],
  ['"<INTERFACE_IP>:50XX:50YY"', 'refused: not an address of this machine'],
  ['"127.0.0.1:50XX:5000"', 'refused: not a port to publish'],
  ['"eth0:80:80"', 'refused: not an address of this machine'],
  ['"127.0.0.256:80:80"', 'refused: not an address of this machine'],
  ['"[::1]8080:80"', 'refused: not an address of this machine'],
  ['"8080:"', 'refused: no port of the container'],
  ['""', 'refused: no port of the container'],
  ['"80:0"', 'refused: port 0 of the container'],
  ['"80:65536"', 'refused: not a port of the container'],
  ['"-80"', 'refused: not a port of the container'],
  ['"9000-8000:80"', 'refused: not a port to publish'],
  ['"9000-9002:80-81"', 'refused: ranges of different lengths'],
  ['"80:80/http"', 'refused: not a protocol'],
  ['"80:80/tcp/udp"', 'refused: a second slash in a port line'],
  ['8080.5', 'refused: not a port of the container'],
  ['true', 'refused: not a port of the container'],
  ['["80:80"]', 'refused: a list within the ports'],
];

for (const [written, meaning] of meanings) {
  test(`- ${written} is ${meaning}`, () => {
    const list = readNodes(`- ${written}\n`, 'compose.yaml');
    assert.ok(list.kind === 'list' && list.items[0]);
    const outcome = readPort(list.items[0], variables);
    if (outcome.faults) {
      assert.equal(`refused: ${outcome.faults[0]?.what}`, meaning);
      return;
    }
    const { hostIp, published, target, protocol } = outcome.value.mapping;
    const ports = `${published === null ? '?' : printRange(published)} ${printRange(target)}`;
    assert.equal(`${hostIp || '*'} ${ports} ${protocol}`, meaning);
  });
}
