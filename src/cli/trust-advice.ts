import { shellWord } from './shell-word.ts';

/** How one kind of client comes to trust a root certificate. */
export interface TrustAdvice {
  readonly where: string;
  /** A command to paste, or the way through the settings. */
  readonly how: string;
}

/** How clients on this platform come to trust the root certificate at `path`. */
export function trustAdvice(path: string, platform: NodeJS.Platform): readonly TrustAdvice[] {
  const file = shellWord(path);
  const firefox = {
    where: 'Firefox',
    how: 'Settings > Privacy & Security > View Certificates > Authorities > Import',
  };
  if (platform === 'darwin') {
    return [
      { where: 'macOS', how: `security add-trusted-cert -k ~/Library/Keychains/login.keychain-db ${file}` },
      firefox,
    ];
  }
  return [
    {
      where: 'system',
      how: `sudo cp ${file} /usr/local/share/ca-certificates/sallyport.crt && sudo update-ca-certificates`,
    },
    { where: 'Chrome', how: `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Sallyport -i ${file}` },
    firefox,
  ];
}
