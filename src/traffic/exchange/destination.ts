import { bracketed } from '../../model/host.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { maxForwards } from '../filter/request-fields.ts';
import { passesBefore } from '../filter/via-field.ts';
import { type CompiledRoute, type CompiledSite, findRoute } from '../route/routing-table.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import { noContent } from './answer-page.ts';
import type { HostView } from './host-view.ts';
import { allow, type OwnAnswer, ownPage, redirect, refusal } from './own-answer.ts';
import type { TrafficContext } from './traffic-context.ts';

/** Where a CA looks for the answer to an http-01 challenge (RFC 8555 section 8.3). */
const challengePrefix = '/.well-known/acme-challenge/';

/** Times a request may name this gate in Via before it is taken to go in circles, e.g. to a target that is the gate. */
const mostPasses = 8;

/** Why a path that an app may read in another way than the gate does not pass. */
const pathFaults = {
  dots: 'The path has a dot segment, or is encoded too often.',
  ambiguous: 'The path can be read in more than one way.',
};

/** The route that a request takes, or what the gate answers itself. `view` is what its Host means on `connection`. */
export function destinationOf(
  request: RequestHead,
  connection: AcceptedConnection,
  view: HostView,
  context: TrafficContext,
): CompiledRoute | OwnAnswer {
  if (request.method === 'CONNECT' || request.method === 'TRACE') return refusal(405, '');
  if (passesBefore(request) > mostPasses) return refusal(508, 'The request has come through this gate before.');
  const { site } = view;
  if (connection.secure) {
    if (site === undefined || !site.secure || site.site.name !== connection.site?.name) {
      return refusal(421, 'The Host of the request is not the site this connection was made for.');
    }
    return routeOf(request, site);
  }
  const challenge = challengeAnswer(request, context);
  if (challenge !== null) return challenge;
  if (site === undefined) return refusal(404, '');
  return site.secure ? httpsAddress(request, view, context.httpsPort) : routeOf(request, site);
}

/** On plain HTTP a CA's question is answered before anything else, whatever the site; null when it is none. */
function challengeAnswer(request: RequestHead, { challengeResponse }: TrafficContext): OwnAnswer | null {
  const { path, method } = request;
  if (challengeResponse === null || !path.startsWith(challengePrefix)) return null;
  const body =
    method === 'GET' || method === 'HEAD' ? challengeResponse(path.slice(challengePrefix.length)) : undefined;
  if (body === undefined) return null;
  return ownPage({ status: 200, reason: 'OK', contentType: 'application/octet-stream', body }, '');
}

function httpsAddress(request: RequestHead, view: HostView, port: number | null): OwnAnswer {
  if (port === null) return refusal(404, '');
  const status = request.method === 'GET' || request.method === 'HEAD' ? 301 : 308;
  const place = port === 443 ? bracketed(view.name) : `${bracketed(view.name)}:${port}`;
  const { target } = request;
  return redirect(status, `https://${place}${target === '*' ? '/' : target}`);
}

function routeOf(request: RequestHead, site: CompiledSite): CompiledRoute | OwnAnswer {
  if (request.method === 'OPTIONS' && maxForwards(request.fields) === 0) return ownPage(noContent, allow);
  let route: CompiledRoute | undefined = site.routes[0];
  if (site.zones !== null) {
    const { path } = request;
    const verdict = site.zones.verdict(path);
    if (verdict !== '') return refusal(400, pathFaults[verdict]);
    route = findRoute(site, path);
  }
  return route ?? refusal(404, '');
}
