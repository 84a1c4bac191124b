/** `wattline stats FILE`. */
import type { CliIo } from './io.ts'
export interface StatsFlags {
  readonly json?: boolean
}
export async function stats(_file: string, _flags: StatsFlags, _io: CliIo): Promise<void> {
  await Promise.resolve()
}
