import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';
import type { RouteObject } from './shapes.ts';
import type { Work } from './work.ts';

type RateLimit = Exclude<NonNullable<RouteObject['rateLimit']>, string | false | unknown[]>;

/** `limit_req` of a block; none for no limit. */
export function rateLimits(scope: Scope, work: Work): readonly RateLimit[] {
  const status = scope.one('limit_req_status');
  const dryRun = scope.one('limit_req_dry_run')?.args[0] === 'on';
  const limits = scope.all('limit_req').flatMap((directive) => {
    const limit = dryRun ? null : limitOf(directive, work);
    if (dryRun) work.ledger.judge(directive, 'carried', 'it limited nothing (limit_req_dry_run)');
    else if (limit !== null && status?.args[0] !== '429') {
      work.ledger.judge(directive, 'approximated', 'beyond it the answer is 429');
    }
    return limit === null ? [] : [limit];
  });
  if (status) work.ledger.judge(status, status.args[0] === '429' ? 'carried' : 'approximated', 'the status is 429');
  return limits.filter(
    (limit, index) => !limits.slice(0, index).some((one) => JSON.stringify(one) === JSON.stringify(limit)),
  );
}

function limitOf(directive: Directive, { ledger, rateZones }: Work): RateLimit | null {
  const value = (name: string) => directive.args.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const zone = rateZones.get(value('zone') ?? '');
  const rate = /^(\d{1,6})r\/([sm])$/.exec(
    zone?.args.find((one) => one.startsWith('rate='))?.slice('rate='.length) ?? '',
  );
  const key = keyOf(zone?.args[0] ?? '');
  if (zone === undefined || rate === null || key === null || Number(rate[1]) === 0) {
    const why = zone === undefined ? 'its zone is not among the files' : 'its key or rate has no equal';
    ledger.judge(directive, 'refused', `${why}: write rateLimit: by hand, as in rateLimit: 10/s`);
    return null;
  }
  const burst = Number(value('burst') ?? 0) + 1;
  const limit: RateLimit = {
    requests: Number(rate[1]),
    per: rate[2] === 's' ? '1s' : '1m',
    burst: Math.min(1_000_000, Number.isSafeInteger(burst) ? burst : 1),
    ...(key !== 'address' && { key }),
  };
  ledger.judge(zone, 'carried', `rateLimit: ${limit.requests}/${rate[2]}`);
  const delays = burst > 1 && !directive.args.includes('nodelay');
  const note = `rateLimit: {requests: ${limit.requests}, per: ${limit.per}, burst: ${limit.burst}}`;
  ledger.judge(directive, delays ? 'approximated' : 'carried', delays ? `${note}; none is delayed` : note);
  return limit;
}

function keyOf(text: string): NonNullable<RateLimit['key']> | null {
  if (/^\$(?:binary_)?remote_addr$/.test(text)) return 'address';
  if (text === '$remote_user') return 'user';
  if (text === '$server_name' || text === '$host' || !text.includes('$')) return 'all';
  const field = /^\$http_(\w+)$/.exec(text)?.[1];
  return field === undefined ? null : { header: field.replaceAll('_', '-') };
}
