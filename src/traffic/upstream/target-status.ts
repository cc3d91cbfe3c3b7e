import type { TargetStatus } from '../../model/status.ts';
import type { Balancer } from './balancer.ts';
import type { Member } from './member.ts';

/** Facts about the targets of one route; `now` is of the worker's coarse clock. */
export function statusOfTargets(balancer: Balancer, now: number): TargetStatus[] {
  const { site, path } = balancer.place;
  if (balancer.members.length === 0) return [statusOfNone(balancer)];
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

/** A group without targets, such as an app that is being started. */
function statusOfNone(balancer: Balancer): TargetStatus {
  const { waits, absence } = balancer;
  return {
    ...balancer.place,
    target: balancer.name,
    state: waits ? 'starting' : 'down',
    requests: 0,
    connections: 0,
    waiting: balancer.waiting,
    failures: 0,
    lastError: absence === '' ? null : { message: absence, at: null },
  };
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
