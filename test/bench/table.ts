/** What one measure found: figures in rows, all rows with the same columns, units in their names. */
export interface Table {
  title: string
  rows: readonly Row[]
  /** Sentences below the table. */
  notes?: readonly string[]
}

/** `null`: not measured, or nothing to compare with. */
export type Row = Readonly<Record<string, string | number | null>>

/** A table for a terminal: text to the left, figures to the right. */
export function inText({ title, rows, notes = [] }: Table): string {
  const names = Object.keys(rows[0] ?? {})
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row[name] ?? null)))]
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const isText = names.map((name) => rows.some((row) => typeof row[name] === 'string'))
  const pad = (text: string, column: number) =>
    isText[column] ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  const [head = '', ...body] = lines.map((line) => line.map(pad).join('  ').trimEnd())
  const rule = '─'.repeat(Math.max(head.length, ...body.map(({ length }) => length)))
  return [title, rule, head, rule, ...body, rule, ...notes, ''].join('\n')
}

/** Three digits that count. */
function cell(value: string | number | null): string {
  if (value === null || Number.isNaN(value)) return '–'
  if (typeof value === 'string') return value
  const decimals = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(Math.abs(value) < 1 && !Number.isInteger(value) ? 3 : decimals)
}

/** How many times the other a figure is; `null` where there is no other. */
export function ratio(figure: number, other: number | undefined): number | null {
  return other === undefined ? null : figure / other
}
