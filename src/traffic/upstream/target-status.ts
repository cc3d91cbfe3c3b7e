import type { TargetStatus } from '../../model/status.ts';
import type { Balancer } from './balancer.ts';
import type { Member } from './member.ts';

/** Facts about the targets of one route; `now` is of the worker's coarse clock. */
export function statusOfTargets(balancer: Balancer, now: number): TargetStatus[] {
  const { site, path } = balancer.place;
  const alone = balancer.members.length === 1;
  return balancer.members.map((member) => ({
    site,
    path,
    target: member.endpoint.target.name,
    state: stateOf(member, alone, now),
    requests: member.endpoint.active,
    connections: member.endpoint.connections,
    waiting: balancer.waiting,
    failures: member.health.failures,
    lastError: lastErrorOf(member),
  }));
}

function stateOf(member: Member, alone: boolean, now: number): TargetStatus['state'] {
  if (member.drained) return 'drained';
  if (member.down !== '') return 'down';
  if (member.refused) return 'failing';
  const share = alone ? 1 : member.health.share(now);
  if (share === 0) return 'failing';
  return share < 1 ? 'returning' : 'up';
}

function lastErrorOf({ down, health }: Member): TargetStatus['lastError'] {
  if (down !== '') return { message: down, at: null };
  if (health.lastError === '') return null;
  return { message: health.lastError, at: new Date(health.lastErrorAt).toISOString() };
}
