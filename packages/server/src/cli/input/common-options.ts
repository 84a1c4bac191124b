/** Flags and environment variables that several commands share. */
import { DEFAULT_PORT } from '@wattline/trace'
import { type Command, Option } from 'commander'
import type { CliIo } from '../base/io.ts'
import type { Style } from '../base/terminal.ts'
import { defaultDir } from '../../default-dir.ts'
import { DEFAULT_HOST, type ServerFlags, tildePath } from './settings.ts'

/** Adds the flags that find a running server. */
export function addConnectionOptions(command: Command): void {
  command
    .option('-p, --port <n>', `port of the server (default: ${DEFAULT_PORT} or WATTLINE_URL)`)
    .option('--host <name>', `address of the server (default: ${DEFAULT_HOST})`)
    .option('--token <secret>', 'token of the server (env WATTLINE_TOKEN)')
}

/** Adds the flags of a server that the command starts. */
export function addServerOptions(command: Command, io: CliIo): void {
  const dir = tildePath(defaultDir(io), io)
  command
    .option(
      '-p, --port <n>',
      `port to listen on; if busy, the next free one (default: ${DEFAULT_PORT})`,
    )
    .option(
      '--host <name>',
      `address to listen on (default: ${DEFAULT_HOST}, only reachable from this machine)`,
    )
    .option('--dir <folder>', `folder that stores the runs, env WATTLINE_DIR (default: ${dir})`)
    .option('--token <secret>', 'token that clients must send, env WATTLINE_TOKEN')
    .option(
      '--allow-host <name>',
      'name by which a proxy or another machine reaches the server; may be repeated',
      repeated,
    )
    .option(
      '--allow-origin <url>',
      'page of another origin that may connect and make changes; may be repeated',
      repeated,
    )
    .option('--fsync', 'acknowledge events only when they would survive a power failure')
    .option('--keep <n>', 'keep only the newest n runs (default: all)')
    .option(
      '--max-disk <size>',
      'delete the oldest runs above this total size, such as 5GB (default: no limit)',
    )
    .addOption(
      new Option('--log <format>', 'log format: text, or json with one object per line').default(
        'text',
        'text',
      ),
    )
}

function repeated(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

/** The flags given before the command, as in `wattline --port 9000 serve`. They count as well. */
export function flagsBeforeCommand(root: Command): ServerFlags {
  const given = Object.entries(root.opts()).filter(
    ([name]) => root.getOptionValueSource(name) === 'cli',
  )
  return Object.fromEntries(given)
}

/** The help section on environment variables. */
export function environmentHelp({ bold, cyan }: Style): string {
  const variables = [
    ['WATTLINE_URL', 'server that recorders, run, power, demo and open use'],
    ['WATTLINE_RUN', 'run that recorders, run, power, demo and stdin write to'],
    ['WATTLINE_TOKEN', 'same as --token'],
    ['WATTLINE_DIR', 'same as --dir'],
    ['NO_COLOR', 'turns colors off'],
  ] as const
  const lines = variables.map(([name, purpose]) => `  ${cyan(name.padEnd(16))}${purpose}`)
  return ['', bold('Environment:'), ...lines].join('\n')
}
