import type { Misbehaviour } from '../misbehaviour.ts'
import { graph } from './answers.ts'
import type { Variants } from './mishap.ts'

const LIMIT_REACHED = '(#4) Application request limit reached'

/**
 * What any Graph call may answer to too many calls. Code 4 is recorded, with 403 as its status; the words and statuses
 * of the other codes are not confirmed.
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export const ON_TOO_MANY_CALLS: Variants<Misbehaviour> = {
  throttled: {
    usual: graph(
      {
        message: LIMIT_REACHED,
        type: 'OAuthException',
        is_transient: true,
        code: 4,
        fbtrace_id: 'GoyjxuQpQMG',
      },
      403,
      { 'x-app-usage': '{"call_count":100,"total_cputime":0,"total_time":0}' },
    ),
    'code 17': graph({ message: '(#17) User request limit reached', type: 'OAuthException', code: 17 }),
    'code 341': graph({ message: '(#341) Application limit reached', type: 'OAuthException', code: 341 }),
    'code 613': graph({
      message: '(#613) Calls to this api have exceeded the rate limit.',
      type: 'OAuthException',
      code: 613,
    }),
    'code 80002, 15 minutes': graph(
      {
        message: '(#80002) There have been too many calls to this Instagram account.',
        type: 'OAuthException',
        code: 80002,
      },
      400,
      { 'x-business-use-case-usage': businessUsage(15) },
    ),
    'status 429': { status: 429, contentType: 'text/plain', body: '' },
  },
  action_blocked: {
    usual: graph(
      {
        message: LIMIT_REACHED,
        type: 'OAuthException',
        is_transient: false,
        code: 4,
        error_subcode: 2207051,
        error_user_title: 'action is blocked',
      },
      403,
    ),
  },
}

function businessUsage(minutes: number): string {
  return (
    '{"17841403815449847":[{"type":"instagram","call_count":100,"total_cputime":1,"total_time":1,' +
    `"estimated_time_to_regain_access":${minutes}}]}`
  )
}
