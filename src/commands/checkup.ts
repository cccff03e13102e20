import { parseArgs, styleText } from 'node:util'
import { config as readDotenv } from 'dotenv'
import { examine } from '../doctor/examine.ts'
import type { Line, Outcome } from '../doctor/line.ts'
import { failedBy, inJson } from './failure.ts'
import { inOneLine } from './plainText.ts'
import { findInstallation } from './installation.ts'
import type { variables } from '../settings/environment.ts'
import type { Environment } from '../settings/survey.ts'

const MARKS = {
  ok: styled('green', '✓'),
  wrong: styled('red', '✗'),
  unknown: styled('yellow', '?'),
} satisfies Record<Outcome, string>

if (import.meta.main) {
  readDotenv({ quiet: true })
  process.exitCode = await checkup(process.argv.slice(2), process.env)
}

/** `npm run doctor`: environment → installation as it is found → examination → report. Returns the status; 1: something is wrong. `known`: as for `survey`. */
export async function checkup(
  args: readonly string[],
  environment: Environment,
  known?: typeof variables,
): Promise<number> {
  try {
    const { json } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false } },
    }).values
    await using installation = await findInstallation(environment, () => new Date(), known)
    const lines = await examine(installation)
    const wrong = lines.filter(({ outcome }) => outcome === 'wrong').length
    console.log(json ? JSON.stringify({ wrong, lines }) : report(lines))
    return wrong > 0 ? 1 : 0
  } catch (error) {
    const failed = failedBy(error)
    if (args.includes('--json')) console.log(inJson(failed))
    console.error(`The doctor cannot go on: ${failed.message}`)
    return 1
  }
}

function report(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(({ name }) => name.length))
  const all = lines.flatMap(({ name, outcome, says, fix }) => [
    `${MARKS[outcome]} ${styled('bold', name.padEnd(width))}  ${inOneLine(says)}`,
    ...(fix === undefined ? [] : [`  ${' '.repeat(width)}  ${styled('dim', `→ ${fix}`)}`]),
  ])
  return `${all.join('\n')}\n\n${summary(lines)}`
}

function summary(lines: readonly Line[]): string {
  const count = (which: Outcome) => lines.filter(({ outcome }) => outcome === which).length
  const [wrong, unknown] = [count('wrong'), count('unknown')]
  return [
    `${count('ok')} well`,
    styled(wrong > 0 ? 'red' : 'dim', `${wrong} wrong`),
    styled(unknown > 0 ? 'yellow' : 'dim', `${unknown} not known`),
  ].join(', ')
}

/** Only where a terminal reads it, and unless NO_COLOR is set. */
function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout })
}
