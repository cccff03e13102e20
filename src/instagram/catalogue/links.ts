import type { Entry } from './entry.ts'
import { AGAIN, RESTART } from './words.ts'

/** What comes of a link to Instagram that is old, cut, or another program's. */
export const links = {
  authorize_page_gone: {
    kind: 'app_misconfigured',
    shows: ['page'],
    signs: [{ says: 'Sorry, this page isn’t available' }, { says: 'api.instagram.com/oauth/authorize' }],
    status: 502,
    title: 'That page of Instagram is no longer there',
    mender: 'operator',
    happened: 'The link leads to an address where Instagram has let nobody authorize since August 2026.',
    advice: 'Go back to this site’s start page and choose Get Started there.',
    meaning:
      'https://api.instagram.com/oauth/authorize, which most guides still name, shows “Sorry, this page isn’t available” and never calls back.',
    steps: [
      'Take INSTAGRAM_AUTHORIZE_URL out of the settings, or set it to https://www.instagram.com/oauth/authorize.',
      RESTART,
    ],
  },
  response_type_refused: {
    kind: 'app_misconfigured',
    shows: ['page', 'exchange'],
    signs: [{ says: 'Only response type “code” and “token” is allowed' }, { says: 'Invalid response_type' }],
    status: 502,
    title: 'Instagram does not understand how this site asks',
    mender: 'operator',
    happened: 'The link that led you to Instagram was not whole.',
    advice: AGAIN,
    meaning:
      'The authorize address lacks response_type=code. This app always sends it: the link was cut, or comes from elsewhere.',
    steps: ['Begin at this site’s start page, not with a kept link.'],
  },
  implicit_disabled: {
    kind: 'refused',
    shows: ['page', 'exchange'],
    signs: [{ says: 'implicit authentication is disabled' }],
    status: 502,
    title: 'Instagram gives no token straight to a browser',
    mender: 'operator',
    happened:
      'The link that led you to Instagram asks for a token in the browser, which Instagram has ended.',
    advice: AGAIN,
    meaning:
      'response_type=token is the implicit flow of the API of 2010 to 2020. This app never asks for it: the link comes from elsewhere.',
    steps: ['Begin at this site’s start page, not with a link of an older program.'],
  },
} as const satisfies Record<string, Entry>
