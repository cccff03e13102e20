import type { Logger } from 'pino'
import { ours } from './ours.ts'

/** What the log is told of a request. */
export interface Visit {
  /** Names the request in each line. */
  log: Logger
  /** The number by which the log and an error page name the request, such as `7K2M-QX4D`. */
  reference: string
  /** The path at which we are mounted, as it was asked for. */
  mount: string
  /** Set by whatever makes an answer of an error: the error, for the log, and the name of its failure. */
  error?: Error
  failure?: string
  /** Whether a login came to its end with this request, and failed. */
  isFailedLogin?: boolean
}

const { of, put } = ours<Visit>('visit')

/** Begins what the log is told. */
export const putVisit = put

/** What the log is told of this request. */
export const visitOf = of
