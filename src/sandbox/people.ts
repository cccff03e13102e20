import { NOT_PROFESSIONAL } from './refusals.ts'

/** Somebody whom one can be on the sandbox's authorize page. */
export interface Person {
  /** How the form and the addresses of pictures name them. */
  key: string
  username: string
  name: string
  /** One line for whoever chooses. */
  about: string
  /** Background and figure of their picture, as RGB. */
  colours: readonly [RGB, RGB]
  /** Who they are to the Graph API; absent for those whom Instagram turns away. */
  profile?: Profile
  /** What Instagram's own error page says to them. */
  refusal?: string
}

/** Red, green and blue, 0 to 255. */
export type RGB = readonly [number, number, number]

/** A professional account. Ids are text: as numbers they would lose their last digit. */
export interface Profile {
  /** App-scoped id: `id` of `/me`, and `user_id` of the token answer. */
  id: string
  /** Professional account id: `user_id` of `/me`. */
  userId: string
  /** Id under the API of 2010 to 2020. */
  classicId: string
  accountType: 'BUSINESS' | 'MEDIA_CREATOR'
  biography: string
  website: string
  followers: number
  follows: number
  media: number
}

/** By which those who live in a sandbox and can connect are called. */
export type InhabitantKey = 'business' | 'creator'

/** What an app comes to know of somebody who connects. Ids are text: as numbers they would lose their last digit. */
export interface Inhabitant {
  /** The app-scoped id. */
  id: string
  /** The professional account's id. */
  userId: string
  /** Without the `@`. */
  username: string
  /** As it stands on the profile. */
  name: string
  /** As Instagram spells it. */
  accountType: 'BUSINESS' | 'MEDIA_CREATOR'
}

/** A person who may authorize the app. */
export type Professional = Person & { profile: Profile }

/** Everybody who lives in a sandbox. The ids are odd and past 2^53, so that a careless reader changes them. */
export const PEOPLE: readonly Person[] = [
  {
    key: 'business',
    username: 'harbour.bakery',
    name: 'Harbour Bakery',
    about: 'Business account',
    colours: [
      [250, 211, 144],
      [164, 84, 32],
    ],
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
    colours: [
      [187, 222, 214],
      [27, 94, 99],
    ],
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
    colours: [
      [214, 208, 232],
      [84, 70, 128],
    ],
    refusal: NOT_PROFESSIONAL,
  },
  {
    key: 'outsider',
    username: 'nadia.elsewhere',
    name: 'Nadia',
    about: 'Professional, but not a tester of this app: Instagram refuses it',
    colours: [
      [224, 218, 206],
      [104, 96, 84],
    ],
    refusal: 'Insufficient Developer Role',
  },
]

/** Those whom Instagram does not turn away. */
export const PROFESSIONALS: readonly Professional[] = PEOPLE.filter(isProfessional)

/** What an app comes to know of each of them. */
export const INHABITANTS: Readonly<Record<InhabitantKey, Inhabitant>> = {
  business: inhabitant('business'),
  creator: inhabitant('creator'),
}

function inhabitant(key: InhabitantKey): Inhabitant {
  const { username, name, profile } = professional(key)
  const { id, userId, accountType } = profile
  return { id, userId, username, name, accountType }
}

/** @throws Error for a key that nobody has, or somebody whom Instagram turns away */
export function professional(personKey: string): Professional {
  const person = PROFESSIONALS.find(({ key }) => key === personKey)
  if (!person) throw new Error(`The sandbox knows no professional person "${personKey}"`)
  return person
}

/** Whether Instagram lets this person authorize the app. */
export function isProfessional(person: Person): person is Professional {
  return person.profile !== undefined
}
