import { z } from 'zod'
import { id, text, unwrapped } from './wire.ts'

/** Who somebody is on Instagram. Everything can be missing but one of the ids. */
export interface Profile {
  /** The app-scoped id. A string, for a JavaScript number cannot hold it. */
  id: string | null
  /** The professional account's id, which webhooks use. */
  userId: string | null
  username: string | null
  name: string | null
  /** As Instagram spells it: `BUSINESS`, `MEDIA_CREATOR`, … */
  accountType: string | null
  pictureUrl: string | null
}

/** The fields to ask `/me` for. https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/get-started */
export const PROFILE_FIELDS = ['id', 'user_id', 'username', 'name', 'account_type', 'profile_picture_url']

const me = z.object({
  id: id.optional(),
  user_id: id.nullable().default(null),
  username: text.default(null),
  name: text.default(null),
  account_type: text.default(null),
  profile_picture_url: text.default(null),
})

/** The answer of `/me`: of the two ids one at least. Meta's own example has no `id`. */
export const profileAnswer = unwrapped(me.refine((answer) => answer.id ?? answer.user_id)).transform(
  (answer): Profile => ({
    id: answer.id ?? null,
    userId: answer.user_id,
    username: answer.username,
    name: answer.name,
    accountType: answer.account_type,
    pictureUrl: answer.profile_picture_url,
  }),
)
