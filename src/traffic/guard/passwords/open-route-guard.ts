import { fieldId } from '../../../wire/http1/field-names.ts';
import { type Guard, pass, type Verdict } from '../guard.ts';
import type { Visit } from '../visit.ts';
import { findCookies, otherCookies } from './session-cookies.ts';

/** On a route without a password, of a site that has others with one: the gate's cookies and claims of a user stay away from the app. */
export const openRouteGuard: Guard = {
  ownedFields: [],
  open: true,
  check(visit: Visit): Verdict {
    const { fields } = visit.request;
    visit.droppedIds.push(fieldId['x-remote-user']);
    if (findCookies(fields, '').anyOwn) {
      visit.droppedIds.push(fieldId.cookie);
      visit.requestLines += otherCookies(fields);
    }
    return pass;
  },
};
