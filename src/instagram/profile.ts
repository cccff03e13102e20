import { z } from 'zod'
import { id, text, unwrapped } from './wire.ts'

/** Who somebody is on Instagram. Everything but `id` can be missing. */
export interface Profile {
  /** The app-scoped id. A string, for a JavaScript number cannot hold it. */
  id: string
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
  id: id,
  user_id: id.nullable().default(null),
  username: text.default(null),
  name: text.default(null),
  account_type: text.default(null),
  profile_picture_url: text.default(null),
})

/** The answer of `/me`. */
export const profileAnswer = unwrapped(me).transform((answer): Profile => ({
  id: answer.id,
  userId: answer.user_id,
  username: answer.username,
  name: answer.name,
  accountType: answer.account_type,
  pictureUrl: answer.profile_picture_url,
}))
