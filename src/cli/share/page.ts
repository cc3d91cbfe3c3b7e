import { X509Certificate } from 'node:crypto';
import encodeQR from 'qr';
import { type DeviceSteps, deviceSteps } from './steps.ts';

/** What the page tells of. */
export interface PageFacts {
  /** The root, PEM. */
  readonly pem: string;
  /** The page's own address. */
  readonly url: string;
  /** How the visitor's browser calls itself: its device's steps are open. */
  readonly userAgent: string;
}

/** Empty modules around a QR code (ISO/IEC 18004 section 7.3.7). */
const quietZone = 4;

/** A QR code for a terminal, one text a line: its light parts are drawn, for terminals are dark. */
export function terminalQr(url: string): string[] {
  return encodeQR(url, 'ascii', { border: quietZone }).trimEnd().split('\n');
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --warn: #b45309; }
@media (prefers-color-scheme: dark) { :root { --warn: #fbbf24; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 44rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code { font: .875em/1.5 ui-monospace, monospace; background: var(--soft); border-radius: 4px; padding: .1em .3em; }
.warn { border-left: 4px solid var(--warn); background: var(--soft); padding: .6rem .9rem; border-radius: 0 6px 6px 0; }
.print { font: .9rem/1.7 ui-monospace, monospace; background: var(--soft); border-radius: 6px; padding: .6rem .8rem; }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .7rem .9rem; }
details > :not(summary) { margin: 0 .9rem .8rem; }
ol { padding-left: 1.3rem; }
li { margin: .3rem 0; }
.get { display: inline-block; padding: .55rem .9rem; border-radius: 6px; background: #1d4ed8; color: #fff; text-decoration: none; font-weight: 600; }
.qr { background: #fff; border-radius: 8px; max-width: 15rem; margin: .5rem 0; }
.qr svg { display: block; width: 100%; }
small { opacity: .75; }
`;

/** The page, whole: it fetches nothing else but the root. */
export function rootPage({ pem, url, userAgent }: PageFacts): string {
  const root = new X509Certificate(pem);
  const name = escapeHtml(/^CN=(.*)$/m.exec(root.subject)?.[1] ?? 'the in-house CA');
  const own = deviceSteps.find((one) => one.userAgent?.test(userAgent));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trust ${name}</title>
<style>${style}</style>
<h1>Trust this network’s own certificates</h1>
<p>The root certificate <strong>${name}</strong> makes this device trust the sites that Sallyport serves under names no public CA vouches for.</p>
<p class="warn"><strong>Only if you know who runs it.</strong> Whoever has the key of this root can pretend to be any site to a device that
trusts it. This page came over plain HTTP: compare the fingerprint with the one in the terminal that shows the QR code, before you install.</p>
<h2>SHA-256 fingerprint</h2>
<p class="print">${root.fingerprint256.replaceAll(':', ':<wbr>')}</p>
<p><small>Valid until ${root.validToDate.toISOString().slice(0, 10)}.</small></p>
<h2>On this device</h2>
${deviceSteps.map((one) => deviceDetails(one, one === own)).join('\n')}
<h2>On another device</h2>
<div class="qr">${encodeQR(url, 'svg', { border: quietZone })}</div>
<p><small><code>${escapeHtml(url)}</code></small></p>
<p><small>To take the trust back, remove ${name} in the same place.</small></p>
</html>
`;
}

function deviceDetails({ device, file, steps }: DeviceSteps, open: boolean): string {
  return `<details${open ? ' open' : ''}><summary>${device}</summary>
<p><a class="get" href="${file}">Get ${file}</a></p>
<ol>${steps.map((step) => `<li>${step}</li>`).join('')}</ol></details>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
