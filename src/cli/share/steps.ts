/** How one kind of device comes to trust a root that it has fetched from the page. */
export interface DeviceSteps {
  readonly device: string;
  /** Tells a browser's `User-Agent` of such a device; null: none does. */
  readonly userAgent: RegExp | null;
  readonly file: RootFile;
  /** In HTML; one step each. */
  readonly steps: readonly string[];
}

export type RootFile = 'root.mobileconfig' | 'root.crt' | 'root.pem';

/** The first whose `userAgent` matches is that of the visitor. */
export const deviceSteps: readonly DeviceSteps[] = [
  {
    device: 'iPhone, iPad',
    userAgent: /iPhone|iPad|iPod/,
    file: 'root.mobileconfig',
    steps: [
      'Open the file in Safari and allow the download.',
      'Settings › <em>Profile Downloaded</em> (or General › VPN &amp; Device Management) › Install.',
      'Settings › General › About › <em>Certificate Trust Settings</em>: switch the root on. Without this step nothing trusts it.',
    ],
  },
  {
    device: 'Android 11 and later',
    userAgent: /Android/,
    file: 'root.crt',
    steps: [
      'Download the file; opening it does not install it.',
      'Settings › Security (&amp; privacy) › More security settings › Encryption &amp; credentials › <em>Install a certificate</em> › CA certificate › Install anyway, and choose the file. (Or search the settings for “CA certificate”.)',
      'Browsers trust it now. Other apps do only if their makers allow it.',
    ],
  },
  {
    device: 'Android 7 to 10',
    userAgent: null,
    file: 'root.crt',
    steps: [
      'Open the file, give it a name, and choose <em>VPN and apps</em>.',
      'Or: Settings › Security › Encryption &amp; credentials › Install from storage.',
      'The device wants a screen lock first.',
    ],
  },
  {
    device: 'Windows',
    userAgent: /Windows/,
    file: 'root.crt',
    steps: [
      'Open the file › Install Certificate › Local Machine.',
      'Place all certificates in: <em>Trusted Root Certification Authorities</em>.',
    ],
  },
  {
    device: 'macOS',
    userAgent: /Macintosh/,
    file: 'root.crt',
    steps: [
      'Open the file; Keychain Access adds it to the login keychain.',
      'Open it there › Trust › <em>Always Trust</em>.',
      'Or: <code>security add-trusted-cert -k ~/Library/Keychains/login.keychain-db root.crt</code>',
    ],
  },
  {
    device: 'Debian, Ubuntu',
    userAgent: /Linux/,
    file: 'root.pem',
    steps: [
      '<code>sudo cp root.pem /usr/local/share/ca-certificates/sallyport.crt</code>',
      '<code>sudo update-ca-certificates</code>',
    ],
  },
  {
    device: 'Firefox, on any computer',
    userAgent: null,
    file: 'root.crt',
    steps: [
      'Settings › Privacy &amp; Security › View Certificates › Authorities › <em>Import</em>, to identify websites.',
    ],
  },
  {
    device: 'Chromium, Chrome on Linux',
    userAgent: null,
    file: 'root.crt',
    steps: [
      'Settings › Privacy and security › Security › Manage certificates › <em>Import</em>.',
      'Or: <code>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Sallyport -i root.pem</code>',
    ],
  },
];
