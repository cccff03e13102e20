import { type Dispatcher } from 'undici'
import { call } from './call.ts'
import { InstagramError } from './failure.ts'

/** A profile picture's bytes. */
export interface Picture {
  /** Such as `image/jpeg`. */
  contentType: string
  bytes: Buffer
}

const CDN = /(^|\.)(cdninstagram\.com|fbcdn\.net)$/
const IMAGE = /^image\/(jpeg|png|webp|gif|avif)\b/

/**
 * The picture behind a `profile_picture_url`: from Meta's picture hosts by https, or from the Graph host itself, and from
 * nowhere else, whatever an answer says. Such an address works for some days only.
 *
 * @throws {InstagramError} when it is elsewhere, gone, or no picture
 */
export async function fetchPicture(
  dispatcher: Dispatcher,
  address: string,
  graphUrl: string,
): Promise<Picture> {
  const url = URL.parse(address)
  const trusted =
    url &&
    /^https?:$/.test(url.protocol) &&
    (url.origin === new URL(graphUrl).origin || (url.protocol === 'https:' && CDN.test(url.hostname)))
  if (!trusted) throw new InstagramError('unreadable', { endpoint: url?.origin ?? 'no address' })

  const { endpoint, status, contentType, body } = await call(dispatcher, { url, accept: 'image/*' })
  if (status !== 200 || !IMAGE.test(contentType))
    throw new InstagramError('unreadable', { endpoint, status, contentType })
  return { contentType, bytes: body }
}
