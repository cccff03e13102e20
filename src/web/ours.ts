/** Something of ours on the requests and answers of a host. */
interface Ours<Value> {
  /** @throws TypeError where it was not put */
  of: (owner: object) => Value
  find: (owner: object) => Value | undefined
  put: (owner: object, value: Value) => void
}

/** Makes a place for it that no name of the host's can meet, nor one of another module of ours. `name`: for whoever debugs. */
export function ours<Value>(name: string): Ours<Value> {
  const key = Symbol(name)
  type Owner = Record<symbol, Value | undefined>
  const find = (owner: object) => (owner as Owner)[key]
  return {
    find,
    of(owner) {
      const value = find(owner)
      if (value === undefined) throw new TypeError(`There is no ${name} here: it is ours alone.`)
      return value
    },
    put(owner, value) {
      ;(owner as Owner)[key] = value
    },
  }
}
