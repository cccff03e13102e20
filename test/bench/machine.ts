import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'

/** Who runs where: the server that is measured has one core for itself. */
const CORES = { server: 0, driver: 1 }

const pinning = availableParallelism() >= 2 && spawnSync('taskset', ['-cp', String(process.pid)]).status === 0

/** The machine in a sentence, for the head of a report. */
export function machine(): string {
  const cores = pinning
    ? `server on core ${CORES.server}, driver and stub on core ${CORES.driver}`
    : 'nothing pinned to a core (that wants taskset and two cores)'
  return `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${cores}`
}

/** Pins this process, which is the driver. */
export function pinDriver(): void {
  if (pinning) spawnSync('taskset', ['-acp', String(CORES.driver), String(process.pid)])
}

/** Starts Node on the core of its role. */
export function spawnPinned(role: keyof typeof CORES, args: readonly string[], options: SpawnOptions): ChildProcess {
  return pinning
    ? spawn('taskset', ['-c', String(CORES[role]), process.execPath, ...args], options)
    : spawn(process.execPath, args, options)
}
