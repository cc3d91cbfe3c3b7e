import type { Route } from '../../../model/site.ts';
import type { Place, Plan, PlannedSite } from '../plan.ts';

/** A place by the name that the frontend gives it. */
export interface NamedPlace {
  readonly id: string;
  readonly place: Place;
}

/** A route: one backend, in which the exceptions from its password are places too. */
export interface PlannedBackend {
  readonly id: string;
  readonly one: PlannedSite;
  readonly route: Route;
  readonly places: readonly NamedPlace[];
}

export interface Layout {
  readonly backends: readonly PlannedBackend[];
  /** Of one site, longest path first. */
  readonly placesOf: ReadonlyMap<PlannedSite, readonly NamedPlace[]>;
  /** The list of CAs that clients are asked by, on all ports alike; null: they are not asked. */
  readonly clientCa: ClientCa | null;
}

export interface ClientCa {
  readonly file: string;
  readonly revocations: string | null;
}

/** Names for all that the sections refer to. */
export function layout(plan: Plan): Layout {
  const placesOf = new Map<PlannedSite, readonly NamedPlace[]>();
  const backends: PlannedBackend[] = [];
  let count = 0;
  for (const one of plan.sites) {
    const named = one.places.map((place) => ({ id: `place_${++count}`, place }));
    placesOf.set(one, named);
    for (const route of one.site.routes) {
      const places = named.filter(({ place }) => place.route === route);
      const [first] = places;
      if (first === undefined) continue;
      backends.push({ id: first.place.group?.id ?? `redirect_${first.id}`, one, route, places });
    }
  }
  const asking = plan.sites.find(({ site }) => site.clientCertificates !== undefined);
  return { backends, placesOf, clientCa: asking === undefined ? null : clientCaOf(plan, asking) };
}

/** The list of CAs of a site that asks. */
export function clientCaOf({ settings }: Plan, { site }: PlannedSite): ClientCa {
  const { ca = null, revocations = null } = site.clientCertificates ?? {};
  return { file: ca ?? `${settings.state}/authority/root.pem`, revocations };
}
