const BAR_WIDTH = 30

/** Tells a terminal to empty the line from here on. */
const CLEAR = '\x1b[K'

/** For a terminal: takes the bar away. */
export const WIPED = `\r${CLEAR}`

/** For a terminal: draws how much of something is done, over the bar before. */
export function bar({ done, total }: { done: number; total: number }): string {
  // More may be found than there were at the beginning.
  const share = total > done ? done / total : 1
  const filled = Math.floor(share * BAR_WIDTH)
  const percent = `${Math.floor(share * 100)} %`.padStart(5)
  return `\r${'█'.repeat(filled).padEnd(BAR_WIDTH, '░')} ${percent}  ${number(done)} of ${number(total)}${CLEAR}`
}

/** A count as people read it: 1,200. */
export function number(count: number): string {
  return count.toLocaleString('en')
}
