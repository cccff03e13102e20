import { EXCHANGE_FAULTS } from './exchange.ts'
import {
  type CallbackFault,
  type CallFault,
  type CallPlace,
  type Fault,
  type FaultName,
  type FaultPlace,
  type FaultTable,
  type FaultyResponse,
  type PageFault,
  PLACES,
  TITLES,
} from './fault.ts'
import { CONNECTION_FAULTS, GRAPH_FAULTS, LONG_LIVED_FAULTS, PROFILE_FAULTS, REFRESH_FAULTS } from './graph.ts'
import { CALLBACK_FAULTS, PAGE_FAULTS } from './login.ts'

/** The calls of an app's server, as opposed to the pages that a person's browser opens. */
export type Endpoint = 'token' | 'long_lived' | 'refresh' | 'me' | 'media' | 'revoke' | 'picture'

/** Every form of every fault in every place, in the order of a login. */
export const FAULTS: readonly Fault[] = [
  ...forms(PAGE_FAULTS).map(([form, message]) => ({ ...form, at: 'authorize' as const, message })),
  ...forms(CALLBACK_FAULTS).map(([form, callback]) => ({ ...form, at: 'callback' as const, callback })),
  ...callFaults('exchange', EXCHANGE_FAULTS),
  ...callFaults('long_lived', LONG_LIVED_FAULTS, GRAPH_FAULTS),
  ...callFaults('me', PROFILE_FAULTS, GRAPH_FAULTS),
  ...callFaults('refresh', REFRESH_FAULTS, GRAPH_FAULTS),
  ...callFaults('revoke', GRAPH_FAULTS),
]

function callFaults(at: CallPlace, ...tables: readonly FaultTable<FaultyResponse>[]): CallFault[] {
  return [...tables, CONNECTION_FAULTS].flatMap(forms).map(([form, response]) => ({ ...form, at, response }))
}

function forms<Form>(table: FaultTable<Form>): (readonly [{ name: FaultName; variant: string }, Form])[] {
  const entries = Object.entries(table) as [FaultName, Readonly<Record<string, Form>>][]
  return entries.flatMap(([name, variants]) =>
    Object.entries(variants).map(([variant, form]) => [{ name, variant }, form] as const),
  )
}

/** Selects the place and form of a fault. Default of each: the first that the fault has. */
export interface FaultSelector {
  /** Where it happens. */
  at?: FaultPlace | undefined
  /** Such as `subcode 463`. */
  variant?: string | undefined
}

/** @throws Error for a place or variant that this fault does not have */
export function findFault(name: FaultName, { at, variant }: FaultSelector = {}): Fault {
  const fault = FAULTS.find(
    (known) => known.name === name && (at ?? known.at) === known.at && (variant ?? known.variant) === known.variant,
  )
  if (!fault) {
    throw new Error(`The sandbox has no fault "${name}" at ${at ?? 'any place'} with the variant ${variant ?? '(any)'}`)
  }
  return fault
}

/** Faults that can be chosen on the authorize page, by place. */
export interface FaultGroup {
  place: string
  faults: readonly { key: string; title: string; chosen: boolean }[]
}

/** All faults for the authorize page. `chosen`: the key of the selected one. */
export function faultGroups(chosen?: string): FaultGroup[] {
  const places = Object.entries(PLACES) as [FaultPlace, string][]
  return places.map(([at, place]) => ({
    place,
    faults: FAULTS.filter((fault) => fault.at === at).map((fault) => ({
      key: keyOf(fault),
      title: fault.variant === 'usual' ? TITLES[fault.name] : `${TITLES[fault.name]} (${fault.variant})`,
      chosen: keyOf(fault) === chosen,
    })),
  }))
}

/** The fault that a form selects by key: null for an empty key, undefined for an unknown one. */
export function faultByKey(key = ''): Fault | null | undefined {
  return key === '' ? null : FAULTS.find((fault) => keyOf(fault) === key)
}

function keyOf({ at, name, variant }: Fault): string {
  return `${at}/${name}/${variant}`
}

const ENDPOINTS = {
  exchange: 'token',
  long_lived: 'long_lived',
  me: 'me',
  refresh: 'refresh',
  revoke: 'revoke',
} satisfies Record<CallPlace, Endpoint>

/** The faults that a sandbox produces next: each once, in the order in which they were added. */
export class FaultQueue {
  readonly #pages: PageFault[] = []
  readonly #callbacks: CallbackFault[] = []
  readonly #responses: { endpoint: Endpoint; response: FaultyResponse }[] = []

  add(fault: Fault): void {
    if (fault.at === 'authorize') this.#pages.push(fault)
    else if (fault.at === 'callback') this.#callbacks.push(fault)
    else this.addResponse(ENDPOINTS[fault.at], fault.response)
  }

  addResponse(endpoint: Endpoint, response: FaultyResponse): void {
    this.#responses.push({ endpoint, response })
  }

  takePageFault(): PageFault | undefined {
    return this.#pages.shift()
  }

  takeCallbackFault(): CallbackFault | undefined {
    return this.#callbacks.shift()
  }

  takeResponse(endpoint: Endpoint): FaultyResponse | undefined {
    const first = this.#responses.findIndex((waiting) => waiting.endpoint === endpoint)
    return first < 0 ? undefined : this.#responses.splice(first, 1)[0]?.response
  }
}
