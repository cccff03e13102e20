import type { RegisteredApp } from './authorizationRequest.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import type { NoticeAnswer } from './notice.ts'
import type { HomePage } from './pages.ts'
import { isProfessional, PEOPLE, type Professional } from './people.ts'

/** What the home page tells of. */
export interface HomeWorld {
  app: RegisteredApp
  clock: Clock
  credentials: Credentials
}

/** What came of the form that was just sent. */
export interface News {
  problem?: string
  generated?: { person: Professional; token: string }
  told?: { person: Professional; answer: NoticeAnswer }
}

/** How far the form moves the clock, in milliseconds. */
export const STEPS: ReadonlyMap<string, number> = new Map([
  ['1 hour', 3_600_000],
  ['1 day', 86_400_000],
  ['30 days', 30 * 86_400_000],
  ['60 days', 60 * 86_400_000],
])

/** All that the home page shows. */
export function homePage(
  { app, clock, credentials }: HomeWorld,
  { problem, generated, told }: News = {},
): HomePage {
  return {
    clientId: app.clientId,
    redirectUris: app.redirectUris,
    now: { exactly: clock.now().toISOString(), inWords: `${TIME.format(clock.now())} UTC` },
    moved: inWords(clock.movedMs),
    steps: [...STEPS.keys()],
    people: PEOPLE.map((person) => ({
      key: person.key,
      username: person.username,
      about: person.about,
      account: isProfessional(person)
        ? {
            id: person.profile.id,
            userId: person.profile.userId,
            livingTokens: credentials.countLiving(person),
            generated: generated?.person === person ? generated.token : null,
            told: told?.person === person ? told.answer : null,
          }
        : null,
    })),
    problem: problem ?? null,
  }
}

const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium', timeZone: 'UTC' })

/** Whole hours, as `61 days, 1 hour`; null for less than one. */
function inWords(milliseconds: number): string | null {
  const hours = Math.floor(milliseconds / 3_600_000)
  if (hours < 1) return null
  const parts: [count: number, unit: string][] = [
    [Math.floor(hours / 24), 'day'],
    [hours % 24, 'hour'],
  ]
  const named = parts.filter(([count]) => count > 0)
  return named.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(', ')
}
