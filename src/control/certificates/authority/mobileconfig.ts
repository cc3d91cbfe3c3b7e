import { createHash, X509Certificate } from 'node:crypto';

/** A UUID that is the same for the same input, so that installing again replaces. */
function stableUuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`.toUpperCase();
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function commonName(certificate: X509Certificate): string {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? 'In-house CA';
}

function payload(certificate: X509Certificate): string {
  const id = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return `    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>sallyport.root.${id}</string>
      <key>PayloadUUID</key><string>${stableUuid(`payload ${id}`)}</string>
      <key>PayloadDisplayName</key><string>${escapeXml(commonName(certificate))}</string>
      <key>PayloadCertificateFileName</key><string>root.cer</string>
      <key>PayloadContent</key><data>${certificate.raw.toString('base64')}</data>
    </dict>`;
}

/**
 * An Apple configuration profile that installs the given roots (PEM). On iOS the user must then switch the root on in
 * Settings > General > About > Certificate Trust Settings.
 */
export function rootProfile(roots: readonly string[]): string {
  const certificates = roots.map((pem) => new X509Certificate(pem));
  const id = certificates.map((each) => each.fingerprint256).join(' ');
  const name = certificates[0] ? commonName(certificates[0]) : 'In-house CA';
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>sallyport.root</string>
  <key>PayloadUUID</key><string>${stableUuid(`profile ${id}`)}</string>
  <key>PayloadDisplayName</key><string>${escapeXml(name)}</string>
  <key>PayloadDescription</key><string>Trusts certificates of the in-house CA ${escapeXml(name)}</string>
  <key>PayloadContent</key>
  <array>
${certificates.map(payload).join('\n')}
  </array>
</dict>
</plist>
`;
}
