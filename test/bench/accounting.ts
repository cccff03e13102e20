import { readdirSync, readFileSync } from 'node:fs'

/** Milliseconds of CPU that a process has used in all of its threads, as the kernel reckons: to the nanosecond, in user and system. */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  const nanoseconds = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
  )
  const sum = nanoseconds.reduce((total, own) => total + own, 0)
  return sum > 0 ? sum / 1e6 : ticksOf(pid)
}

/** The same for several processes together. */
export function cpuOfAll(processes: readonly { pid: number }[]): number {
  return processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0)
}

/** Where the kernel keeps no such statistics: utime and stime, in ticks of 10 ms. */
function ticksOf(pid: number): number {
  // The name of the command, in brackets, may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Megabytes that a process holds in memory, and the most that it ever held. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}
