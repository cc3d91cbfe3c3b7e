import { comment } from './common.ts';
import type { Plan } from './plan.ts';

/** The first lines of a file: where it comes from, how it is put in place, and where its certificates come from. */
export function headOf(
  plan: Plan,
  usage: readonly string[],
  advice: readonly string[] = [...userAdvice(plan), ...certbotAdvice(plan)],
): string[] {
  return [...comment([`Written by \`sallyport export\` from ${plan.called}.`, ...usage, ...advice]), ''];
}

/** Which certificates must be got by somebody else from now on, and how. */
export function certbotAdvice({ sites, settings }: Plan): string[] {
  const lines: string[] = [];
  for (const { site, pairs } of sites) {
    const [pair] = pairs;
    if (pair === undefined || site.tls.mode === 'files') continue;
    const names = site.names.map((name) => `-d ${name}`).join(' ');
    if (site.tls.mode === 'acme') lines.push(`  certbot certonly --standalone ${names}   (or --webroot, --manual)`);
    else {
      lines.push(`  sallyport ca issue ${site.names.join(' ')} --state ${settings.state}`);
      lines.push(`    its two files as ${pair.certificate} and ${pair.key}, again before its 90 days are over`);
    }
  }
  return lines.length === 0
    ? []
    : ['Certificates that Sallyport got by itself must be got before this can be used:', ...lines];
}

/** The gate reads the files of users as root before it becomes somebody else; these servers read them at each request. */
function userAdvice({ sites }: Plan): string[] {
  const files = new Set(
    sites.flatMap(({ places }) => places.flatMap(({ auth }) => (auth === null ? [] : [auth.file]))),
  );
  return files.size === 0
    ? []
    : [`The server's user, www-data on Debian, must be able to read ${[...files].join(' and ')}.`];
}
