import type { Installation } from './installation.ts'
import { type Line, ok, wrong } from './line.ts'

/** What is pasted along with a value, and how to be rid of it. */
interface Flaw {
  found: (value: string, name: string) => boolean
  says: string
  fix: string
}

const QUOTE = /^["'`“”„‘’«»]|["'`“”„‘’«»]$/

const FLAWS: readonly Flaw[] = [
  {
    found: (value) => QUOTE.test(value.trim()),
    says: 'has quotes around it, and they count as part of it.',
    fix: 'Take the quotes away. (In .env they may stand; Docker’s --env-file and most dashboards keep them.)',
  },
  {
    found: (value, name) => value.trim().startsWith('=') || value.trim().startsWith(`${name}=`),
    says: 'has an = or its own name at the beginning of its value.',
    fix: 'Write what comes after the first = only.',
  },
  {
    found: (value) => /[\p{Cf}\u00a0]/u.test(value.trim()),
    says: 'holds a character that cannot be seen, as is copied along from web pages.',
    fix: 'Delete the value and type it, or copy it by the dashboard’s own button.',
  },
]

/** A blank at the end is part of a file's name. */
const KEEPS_BLANKS = new Set(['DATABASE_URL'])

/** The mistakes in the settings, and what seems to have been pasted along with a value. */
export function checkWritten({ written, mistakes }: Pick<Installation, 'written' | 'mistakes'>): Line[] {
  const mistaken = new Set(mistakes.map(variableIn))
  const others = Object.keys(written).filter((name) => !mistaken.has(name))
  const lines = [
    ...mistakes.map((sentence) => mistakeLine(sentence, written)),
    ...others.flatMap((name) => pastedLine(name, written[name] ?? '')),
  ]
  const bad = lines.some(({ outcome }) => outcome === 'wrong')
  return bad ? lines : [ok('Settings', 'Every variable that is set can be read.'), ...lines]
}

function mistakeLine(sentence: string, written: Installation['written']): Line {
  const name = variableIn(sentence)
  const value = written[name] ?? ''
  const flaw = FLAWS.find(({ found }) => found(value, name))
  return wrong(name, sentence, flaw ? `It ${flaw.says} ${flaw.fix}` : ADVICE)
}

const ADVICE = 'Set it right in .env or the environment; .env.example and the README have each variable.'

function pastedLine(name: string, value: string): Line[] {
  const flaw = FLAWS.find(({ found }) => found(value, name))
  if (flaw) return [wrong(name, `It ${flaw.says}`, flaw.fix)]
  if (value === value.trim()) return []
  return KEEPS_BLANKS.has(name)
    ? [wrong(name, 'It has a blank around it, which counts as part of it.', 'Take the blank away.')]
    : [ok(name, 'It has a blank or a line break around it, which is ignored.')]
}

function variableIn(sentence: string): string {
  return /^[A-Z_]+/.exec(sentence)?.[0] ?? 'Settings'
}
