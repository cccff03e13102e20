import { stripVTControlCharacters } from 'node:util'

/** Text of anybody's, such as a name or an argument, for a terminal: it tells it nothing to do, and stays in its line. */
export function inOneLine(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{C}/gu, '')
}

/** The same of a text that may have several lines. */
export function inLines(text: string): string {
  return text.split('\n').map(inOneLine).join('\n')
}
