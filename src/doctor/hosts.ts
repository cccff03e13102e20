import type { Installation } from './installation.ts'
import { type Line, ok, unknown, wrong } from './line.ts'
import { reach, REACH_TIME_LIMIT_MS, type Reached, type Trouble } from './reach.ts'

/** How far the clocks may be apart. A login's link lasts ten minutes, a token of Instagram's an hour at first. */
const CLOCK_TOLERANCE_MS = 60_000

type Asked = Pick<Installation, 'settings' | 'sandbox' | 'now'>

/** A line for each of Instagram's hosts (name, TLS, answer), and one for this machine's clock against theirs. */
export async function checkHosts({ settings, sandbox, now }: Asked): Promise<Line[]> {
  const addresses = [settings.authorizeUrl, settings.tokenUrl, settings.graphUrl]
  const origins = new Set(
    addresses.filter((address) => address !== undefined).map((url) => new URL(url).origin),
  )
  const answers = await Promise.all(
    [...origins].map(async (origin) => ({ origin, answer: await reach(`${origin}/`, { now }) })),
  )
  return [
    ...answers.map(({ origin, answer }) => hostLine(origin, answer, sandbox)),
    clockLine(answers.map(({ answer }) => answer)),
  ]
}

function hostLine(origin: string, answer: Reached | Trouble, sandbox: boolean): Line {
  const name = new URL(origin).host
  if (typeof answer === 'string') {
    if (sandbox)
      return unknown(name, 'The sandbox runs with the app, and is not running.', 'Start the app: npm start.')
    const { says, fix } = TROUBLES[answer]
    return wrong(name, says, fix)
  }
  const { status, askedAt, answeredAt } = answer
  if (status >= 500)
    return unknown(name, `Answers ${status}: it is out of order.`, 'Wait, and do this again.')
  const how = origin.startsWith('https:') ? 'by https, with a certificate that is trusted, ' : ''
  return ok(name, `Answers ${how}in ${answeredAt.getTime() - askedAt.getTime()} ms.`)
}

const TROUBLES = {
  no_address: {
    says: 'Its name leads to no address.',
    fix: 'See that this machine’s DNS works, and that the name is not blocked.',
  },
  refused: {
    says: 'Nothing takes the connection.',
    fix: 'Let this machine connect to the internet on port 443: a firewall may be in between.',
  },
  untrusted: {
    says: 'Its certificate is not trusted, or what answers does not speak TLS.',
    fix: 'See that this machine’s clock is right, and that nothing in between breaks up https. Behind a company’s proxy set NODE_EXTRA_CA_CERTS.',
  },
  timed_out: {
    says: `No answer within ${REACH_TIME_LIMIT_MS / 1000} seconds.`,
    fix: 'Let this machine connect to the internet on port 443: a firewall may swallow it. Or wait.',
  },
  broken_off: {
    says: 'The connection breaks off before an answer.',
    fix: 'See what is in between (proxy, firewall), and do this again.',
  },
} satisfies Record<Trouble, { says: string; fix: string }>

function clockLine(answers: readonly (Reached | Trouble)[]): Line {
  const name = 'Clock'
  const offsets = answers.flatMap((answer) => (typeof answer === 'string' ? [] : offsetOf(answer)))
  const [offset] = offsets.toSorted((one, other) => Math.abs(one) - Math.abs(other))
  if (offset === undefined)
    return unknown(name, 'No host told the time, so there is nothing to compare it with.')
  const seconds = Math.round(Math.abs(offset) / 1000)
  if (Math.abs(offset) <= CLOCK_TOLERANCE_MS)
    return ok(
      name,
      seconds <= 1 ? 'Agrees with Instagram’s.' : `Agrees with Instagram’s but for ${seconds} seconds.`,
    )
  return wrong(
    name,
    `This machine’s clock is ${seconds} seconds ${offset > 0 ? 'ahead of' : 'behind'} Instagram’s.`,
    'Set the clock, and keep it right by NTP: timedatectl set-ntp true.',
  )
}

/** Milliseconds by which our clock is ahead, taken from the middle of the question; the header tells whole seconds. */
function offsetOf({ date, askedAt, answeredAt }: Reached): number[] {
  return date ? [(askedAt.getTime() + answeredAt.getTime()) / 2 - (date.getTime() + 500)] : []
}
