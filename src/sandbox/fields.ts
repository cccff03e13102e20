import { GraphError } from './http.ts'

/** The value of a field. `undefined`: this node has none; a list: an edge to other nodes. */
type Value = string | number | undefined | readonly Node[]

/** A node of the graph: all fields that its type has, by name. */
export interface Node extends Readonly<Record<string, Value>> {
  readonly id: string
}

/** A type of node, as error messages name it. */
export type NodeType = 'IGUser' | 'IGMedia'

/** One requested field, with the fields in braces behind it, such as `children{id,media_url}`. */
const FIELD = /([^,{}]+)(?:\{([^{}]*)\})?(?:,|$|(?=[{}]))/gy

/**
 * The requested fields of a node, and `id`.
 *
 * @param fields The `fields` parameter.
 * @throws {GraphError} for a field that this type of node does not have, and for braces that do not match
 */
export function selectFields(node: Node, fields: string, type: NodeType): object {
  const selected = new Map<string, unknown>()
  for (const [name, nested] of parseFields(fields)) {
    if (!Object.hasOwn(node, name))
      throw new GraphError(`(#100) Tried accessing nonexisting field (${name}) on node type (${type})`, 100)
    const value = node[name]
    selected.set(
      name,
      typeof value === 'object' ? { data: value.map((each) => selectFields(each, nested, type)) } : value,
    )
  }
  return Object.fromEntries(selected.set('id', node.id))
}

/** @throws {GraphError} in the words of `graph.facebook.com`; for `graph.instagram.com` they are not confirmed */
function parseFields(fields: string): [name: string, nested: string][] {
  const text = fields.replace(/,+$/, '')
  const parsed = Array.from(text.matchAll(FIELD))
  const end = parsed.reduce((length, [match]) => length + match.length, 0)
  if (end < text.length)
    throw new GraphError(
      `Syntax error "Expected end of string instead of "${text.charAt(end)}"." at character ${end + 1}: ${text}`,
      2500,
    )
  return parsed.map(([, name = '', nested = '']) => [name, nested])
}
