import type { Misbehaviour } from '../misbehaviour.ts'
import { html } from './answers.ts'
import type { Variants } from './mishap.ts'

/** What goes wrong between two machines, whatever the call. */
export const ON_ANY_CALL: Variants<Misbehaviour> = {
  reset: { usual: { fault: 'reset' } },
  hang: { usual: { fault: 'hang' } },
  truncated: { usual: { fault: 'truncated' } },
  slow: { usual: { fault: 'slow' } },
  html_answer: { usual: html(200, 'Welcome to this network.') },
  empty_answer: { usual: { contentType: 'application/json', body: '' } },
  redirect_answer: {
    usual: {
      status: 302,
      contentType: 'text/html; charset=utf-8',
      headers: { location: '/' },
      body: '',
    },
  },
}
