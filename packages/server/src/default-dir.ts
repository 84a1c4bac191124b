/** Where runs are kept when nobody says: the same folder for the command and for `createServer`. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
}

/**
 * WATTLINE_DIR, else `wattline/runs` in the folder the system has for state (XDG_STATE_HOME or
 * ~/.local/state; LOCALAPPDATA on Windows).
 */
export function defaultDir({ env, platform }: Surroundings): string {
  const told = env['WATTLINE_DIR'] || undefined
  if (told !== undefined) return told
  const home = env['HOME'] || homedir()
  const state =
    platform === 'win32'
      ? env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
      : env['XDG_STATE_HOME'] || join(home, '.local', 'state')
  return join(state, 'wattline', 'runs')
}
