import manifest from '../../package.json' with { type: 'json' };

/** This program's version, as `--version`, `status` and the control socket tell it. */
export const version: string = manifest.version;
