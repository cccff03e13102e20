/** Keys of the test users that can log in, guests aside. */
export type ProfessionalKey = 'business' | 'creator'

/** Keys of the users on the authorize page. */
export type TestUserKey =
  /** Business: a bakery. Creator: an illustrator. */
  | ProfessionalKey
  /** A personal account: Instagram refuses it. */
  | 'personal'
  /** A professional account that is not a tester of the app: Instagram refuses it. */
  | 'outsider'
  /** Any number of further business accounts, with a number of up to seven digits. */
  | `guest-${number}`

/** What an app learns about a test user that logs in. Ids are text: as numbers they would lose their last digit. */
export interface TestUser {
  /** The app-scoped id. */
  id: string
  /** The professional account's id. */
  userId: string
  /** Without the `@`. */
  username: string
  /** The name on the profile. */
  name: string
  /** As Instagram spells it. */
  accountType: 'BUSINESS' | 'MEDIA_CREATOR'
}

/** A user that can be chosen on the authorize page. */
export interface SandboxUser {
  /** Names the user in forms and picture addresses. */
  key: string
  username: string
  name: string
  /** One line on the page. */
  about: string
  /** Absent for users that Instagram refuses. */
  profile?: Profile
  /** The message of Instagram's error page for users that Instagram refuses. */
  refusal?: string
}

interface Profile {
  /** App-scoped id: `id` of `/me`, and `user_id` of the token response. */
  id: string
  /** Professional account id: `user_id` of `/me`. */
  userId: string
  /** Id under the first Instagram API. */
  classicId: string
  accountType: 'BUSINESS' | 'MEDIA_CREATOR'
  biography: string
  website: string
  followers: number
  follows: number
  media: number
}

/** A user with a professional account, who may authorize the app. */
export type Professional = SandboxUser & { profile: Profile }

/** Instagram's message to a personal account. The exact words are not confirmed; these are invented. */
export const NOT_PROFESSIONAL = 'Only professional accounts (business or creator) can authorize this app'

/** The users of every sandbox. The ids are odd and past 2^53, so that rounding shows. */
export const USERS: readonly SandboxUser[] = [
  {
    key: 'business',
    username: 'harbour.bakery',
    name: 'Harbour Bakery',
    about: 'Business account',
    profile: {
      id: '27640875392278831',
      userId: '17841403815449847',
      classicId: '1574083',
      accountType: 'BUSINESS',
      biography: 'Bread by the water.\nOpen from six.',
      website: 'https://harbour-bakery.example/',
      followers: 4821,
      follows: 153,
      media: 312,
    },
  },
  {
    key: 'creator',
    username: 'mira.draws',
    name: 'Mira Lindqvist ✏️',
    about: 'Creator account',
    profile: {
      id: '25081994730615283',
      userId: '17841465209137453',
      classicId: '20913745',
      accountType: 'MEDIA_CREATOR',
      biography: 'Ink, mostly.',
      website: 'https://mira-draws.example/',
      followers: 98207,
      follows: 611,
      media: 1046,
    },
  },
  {
    key: 'personal',
    username: 'tomek.on.holiday',
    name: 'Tomek',
    about: 'Personal account: Instagram refuses it',
    refusal: NOT_PROFESSIONAL,
  },
  {
    key: 'outsider',
    username: 'nadia.elsewhere',
    name: 'Nadia',
    about: 'Professional, but not a tester of this app: Instagram refuses it',
    refusal: 'Insufficient Developer Role',
  },
]

/** What an app learns about each of the users that can log in. */
export const TEST_USERS: Readonly<Record<ProfessionalKey, TestUser>> = {
  business: testUser('business'),
  creator: testUser('creator'),
}

function testUser(key: ProfessionalKey): TestUser {
  const { username, name, profile } = professional(key)
  const { id, userId, accountType } = profile
  return { id, userId, username, name, accountType }
}

/** @throws Error for an unknown key, and for users whom Instagram refuses */
export function professional(key: string): Professional {
  const user = USERS.find((known) => known.key === key)
  if (!user || !isProfessional(user)) throw new Error(`The sandbox knows no professional person "${key}"`)
  return user
}

/** Whether Instagram lets this user authorize the app. */
export function isProfessional(user: SandboxUser): user is Professional {
  return user.profile !== undefined
}

/** One of {@link USERS}, or a guest: `guest-1`, `guest-2`, … are business accounts that the page does not list. */
export function findUser(key: string | undefined): SandboxUser | undefined {
  const [, number] = /^guest-([1-9]\d{0,6})$/.exec(key ?? '') ?? []
  return number === undefined ? USERS.find((user) => user.key === key) : guest(number)
}

function guest(number: string): Professional {
  const digits = number.padStart(7, '0')
  return {
    key: `guest-${number}`,
    username: `guest.${number}`,
    name: `Guest ${number}`,
    about: 'Business account, one of many',
    profile: {
      id: `276408753${digits}1`,
      userId: `178414038${digits}3`,
      classicId: `9${digits}`,
      accountType: 'BUSINESS',
      biography: '',
      website: 'https://guest.example/',
      followers: 101,
      follows: 11,
      media: 1,
    },
  }
}
