import type { Request, RequestHandler } from 'express'
import type { Context } from '../context.ts'
import { catalogue } from '../errors/catalogue.ts'
import { AppError } from '../errors/errors.ts'
import { verifySignedRequest } from '../instagram/signedRequest.ts'
import { formatTime } from '../time.ts'
import { type Address, fieldOf, parameterOf } from './request.ts'
import { handleErrors, requestContext } from './requestContext.ts'
import { renderView } from './views.ts'

/** The handlers of the calls that Meta makes, and of the pages about the deletion of data. */
export function metaHandlers({ config, dataDeletion, now }: Context, address: Address) {
  const secrets = [config.instagram.clientSecret, ...config.metaAppSecrets]
  const verify = (request: Request) => verifySignedRequest(fieldOf(request, 'signed_request') ?? '', secrets)

  return {
    /** `POST /deauthorize`: Meta calls it when a person removes the app. */
    deauthorize: async (request, response) => {
      const { userId, issuedAt } = verify(request)
      const accounts = await dataDeletion.deauthorize(userId, issuedAt)
      if (accounts === 0)
        requestContext(request).log.info(
          'deauthorization ignored: the account is not connected, or was connected again',
        )
      response.json({ success: true })
    },

    /**
     * `POST /data-deletion`: Meta calls it when a person asks for the deletion of their data.
     *
     * @see https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
     */
    deleteData: async (request, response) => {
      const { userId, issuedAt } = verify(request)
      const { confirmationCode, doneAt } = await dataDeletion.deleteData(userId, issuedAt)
      const { log } = requestContext(request)
      if (doneAt) log.info({ confirmationCode }, 'data deleted')
      else
        log.warn(
          { confirmationCode },
          'data deletion request ignored: it is too old, or the account was connected again',
        )
      response.json({ url: `${address.url}/data-deletion/${confirmationCode}`, confirmation_code: confirmationCode })
    },

    /** `GET /data-deletion`: how people have their data deleted. */
    dataDeletionPage: (_request, response) => renderView(response, 'data_deletion', {}),

    /** `GET /data-deletion/:code`: the status of a deletion. */
    deletionStatusPage: async (request, response) => {
      const deletion = await dataDeletion.findDeletion(parameterOf(request, 'code'))
      if (!deletion) throw new AppError('no_such_deletion')
      const { confirmationCode, askedAt, doneAt } = deletion
      const done = doneAt && formatTime(doneAt, now())
      await renderView(response, 'deletion', { confirmationCode, asked: formatTime(askedAt, now()), done })
    },
  } satisfies Record<string, RequestHandler>
}

/** Sends errors of Meta's callbacks as JSON. The reason goes to the log only: anybody may have sent the request. */
export const metaErrors = handleErrors(({ code }, _request, response) => {
  const { status } = catalogue[code]
  response.status(status).json({ error: OAUTH_ERRORS[status] ?? 'invalid_request' })
})

/** Named as in RFC 6749. Meta looks at the status only, and tries again. */
const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  429: 'too_many_requests',
  500: 'server_error',
  503: 'temporarily_unavailable',
}
