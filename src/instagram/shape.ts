/** Fields and items of one object or array that are described. */
const MAX_FIELDS = 50

/** The shape of a JSON text: names of fields, types and lengths, never a value. For bug reports. */
export function shapeOf(body: Buffer): unknown {
  try {
    return describe(JSON.parse(new TextDecoder().decode(body)))
  } catch {
    return 'not JSON'
  }
}

function describe(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return `${typeof value} of ${String(value).length}`
  if (value === null) return 'null'
  if (Array.isArray(value)) return { [`array of ${value.length}`]: value.slice(0, 1).map(describe) }
  if (typeof value === 'object') {
    const fields = Object.entries(value).slice(0, MAX_FIELDS)
    return Object.fromEntries(fields.map(([name, field]) => [nameOf(name), describe(field)]))
  }
  return typeof value
}

/** A name of a field or a header; what may be data instead (an id, a token) is left out. */
export function nameOf(name: string): string {
  return /^[a-z][a-z_-]{0,39}$/i.test(name) ? name : '…'
}
