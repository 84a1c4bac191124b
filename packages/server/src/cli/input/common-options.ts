/** Flags and variables that several commands share. */
import { type Command, Option } from 'commander'
import type { CliIo } from '../base/io.ts'
import { defaultDir } from '../../default-dir.ts'
import { DEFAULT_HOST, DEFAULT_PORT, type ServerFlags, tildePath } from './settings.ts'
import type { Style } from '../base/terminal.ts'

/** Flags that say where a server is. */
export function addConnectionOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '-p, --port <n>',
        `port of the server (default: ${DEFAULT_PORT}, or that of WATTLINE_URL)`,
      ),
    )
    .addOption(new Option('--host <name>', `address of the server (default: ${DEFAULT_HOST})`))
    .addOption(new Option('--token <secret>', 'the server’s token (env WATTLINE_TOKEN)'))
}

/** Flags of a server of one's own. */
export function addServerOptions(command: Command, io: CliIo): void {
  command
    .addOption(
      new Option(
        '-p, --port <n>',
        `port to listen on; if it is busy, the next free one (default: ${DEFAULT_PORT})`,
      ),
    )
    .addOption(
      new Option(
        '--host <name>',
        `address to listen on (default: ${DEFAULT_HOST}, this machine only)`,
      ),
    )
    .addOption(
      new Option(
        '--dir <folder>',
        `where runs are kept, env WATTLINE_DIR (default: ${tildePath(defaultDir(io), io)})`,
      ),
    )
    .addOption(
      new Option('--token <secret>', 'what others must show to get in, env WATTLINE_TOKEN'),
    )
    .addOption(new Option('--fsync', 'acknowledge events only when they would survive a power cut'))
    .addOption(new Option('--keep <n>', 'keep the newest n runs (default: all)'))
    .addOption(
      new Option(
        '--max-disk <size>',
        'retire the oldest runs beyond this size, such as 5GB (default: no limit)',
      ),
    )
    .addOption(
      new Option(
        '--log <form>',
        'how happenings are written: text, or json, an object a line',
      ).default('text', 'text'),
    )
}

/** Flags that stood before the command (`wattline --port 9000 serve`) count as well. */
export function givenBefore(root: Command): ServerFlags {
  const given = Object.entries(root.opts()).filter(
    ([name]) => root.getOptionValueSource(name) === 'cli',
  )
  return Object.fromEntries(given)
}

/** The variables that the commands heed, for the help. */
export function environmentHelp({ bold, cyan }: Style): string {
  const variables = [
    ['WATTLINE_URL', 'the server that recorders, run, power, demo and open use'],
    ['WATTLINE_RUN', 'the run that recorders, run, power, demo and stdin write to'],
    ['WATTLINE_TOKEN', 'as --token'],
    ['WATTLINE_DIR', 'as --dir'],
    ['NO_COLOR', 'no colours'],
  ] as const
  const lines = variables.map(([name, purpose]) => `  ${cyan(name.padEnd(16))}${purpose}`)
  return ['', bold('Environment:'), ...lines].join('\n')
}
