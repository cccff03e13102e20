import type { Misbehaviour } from '../misbehaviour.ts'
import { graph } from './answers.ts'
import type { Variants } from './mishap.ts'

/** What the long-lived exchange answers, and no other call. */
export const ON_LONG_LIVED: Variants<Misbehaviour> = {
  unsupported_request: { usual: unsupportedRequest() },
  already_long_lived: {
    // Recorded is "Session key invalid…"; how it goes on and the code are not confirmed.
    usual: graph({
      message:
        'Session key invalid. This could be because the session key has an incorrect format, ' +
        'or because the user has revoked this session',
      type: 'OAuthException',
      code: 452,
    }),
  },
  client_secret_wrong: { usual: graph({ message: 'Error validating client secret.', code: 100 }) },
  invalid_application_id: {
    usual: graph({
      message: 'Error validating application. Invalid application ID.',
      type: 'OAuthException',
      code: 101,
      fbtrace_id: 'CvDR+X4WWIx',
    }),
  },
}

/** What the profile answers, and no other call. */
export const ON_ME: Variants<Misbehaviour> = {
  unsupported_request: { usual: unsupportedRequest() },
  object_missing: {
    usual: graph({
      message:
        "Unsupported get request. Object with ID '17841403815449847' does not exist, cannot be loaded " +
        'due to missing permissions, or does not support this operation',
      type: 'IGApiException',
      code: 100,
      error_subcode: 33,
    }),
  },
  classic_token_invalid: {
    usual: {
      status: 400,
      contentType: 'application/json; charset=utf-8',
      body: '{"meta":{"error_type":"OAuthAccessTokenException","code":400,"error_message":"The access_token provided is invalid."}}',
    },
  },
}

/** What the refresh answers, and no other call. */
export const ON_REFRESH: Variants<Misbehaviour> = {
  // The rule is documented, the body of this refusal is not confirmed.
  refresh_too_young: {
    usual: graph({
      message: 'Application does not have permission for this action',
      type: 'IGApiException',
      code: 10,
    }),
  },
}

function unsupportedRequest(): Misbehaviour {
  return graph({
    message: 'Unsupported request - method type: get',
    type: 'IGApiException',
    code: 100,
    fbtrace_id: 'AQ7NjdFzWnGXbtJJ9cS7ukc',
  })
}
