import { BASIC_SCOPE, DEAD_SCOPES, SCOPES } from '../instagram/scopes.ts'
import { type Line, ok, quoted, unknown, wrong } from './line.ts'

const NAME = 'Scopes'

/** Dead, unknown and missing scopes. One that Instagram does not take makes it refuse the whole login. */
export function checkScopes(scopes: readonly string[] | undefined): Line[] {
  if (!scopes) return []
  const lines = scopes.flatMap(lineFor)
  const replaced = scopes.some((name) => DEAD_SCOPES.get(name)?.today === BASIC_SCOPE)
  if (!scopes.includes(BASIC_SCOPE) && !replaced)
    lines.unshift(
      wrong(
        NAME,
        `${BASIC_SCOPE} is missing; Instagram requires it, and refreshing a token does too.`,
        `Put ${BASIC_SCOPE} into INSTAGRAM_SCOPES.`,
      ),
    )
  return lines.length > 0
    ? lines
    : [ok(NAME, `Instagram knows ${scopes.length === 1 ? 'it' : 'all of them'}.`)]
}

function lineFor(name: string): Line[] {
  const dead = DEAD_SCOPES.get(name)
  if (dead)
    return [
      wrong(
        NAME,
        `${name} is a name of ${dead.of}.`,
        dead.today
          ? `Write ${dead.today} in INSTAGRAM_SCOPES instead.`
          : 'Take it out of INSTAGRAM_SCOPES: nothing takes its place.',
      ),
    ]
  if (SCOPES.includes(name)) return []
  if (name === 'human_agent')
    return [
      unknown(
        NAME,
        'human_agent is a feature that Meta approves by itself; asked for without approval it is said to break the whole login.',
        'Take it out of INSTAGRAM_SCOPES until Meta has approved it.',
      ),
    ]
  return [
    unknown(
      NAME,
      `${quoted(name)} is none of the five scopes that we know. If Instagram does not know it either, it refuses every login.`,
      `See that it is not misspelt. The five are ${SCOPES.join(', ')}.`,
    ),
  ]
}
