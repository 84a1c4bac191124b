/** The default folders, for the command and for `createServer`. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
}

/**
 * `WATTLINE_DIR`, else `wattline/runs` in the system's folder for state: `XDG_STATE_HOME` or
 * `~/.local/state`, on Windows `LOCALAPPDATA`.
 */
export function defaultDir({ env, platform }: Environment): string {
  return env['WATTLINE_DIR'] || join(stateDir({ env, platform }), 'runs')
}

/** The folder for what servers share with the commands of their user. */
export function stateDir({ env, platform }: Environment): string {
  const home = env['HOME'] || homedir()
  const state =
    platform === 'win32'
      ? env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
      : env['XDG_STATE_HOME'] || join(home, '.local', 'state')
  return join(state, 'wattline')
}
