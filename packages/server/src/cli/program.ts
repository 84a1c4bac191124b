/**
 * The command line of `wattline`: its commands, flags and help. The code of a command is loaded when
 * the command runs, so that `wattline spans` does not load a web server.
 */
import { DEFAULT_PORT, showHidden } from '@wattline/trace'
import { Command, CommanderError, Option } from 'commander'
import { CliError, ExitCode, nearest, usageError } from './base/errors.ts'
import type { CliIo } from './base/io.ts'
import { styleFor, widthOf } from './base/terminal.ts'
import type { DemoFlags } from './commands/demo.ts'
import type { EnergyFlags } from './commands/energy.ts'
import type { PowerFlags } from './commands/power.ts'
import type { RunFlags } from './commands/run.ts'
import type { SpansFlags } from './commands/spans.ts'
import type { StatsFlags } from './commands/stats.ts'
import { addExamples, helpWith } from './help.ts'
import {
  addConnectionOptions,
  addServerOptions,
  environmentHelp,
  flagsBeforeCommand,
} from './input/common-options.ts'
import { DEFAULT_HOST, type ServerFlags } from './input/settings.ts'
import { AGENT_TOOLS } from '../files/agent-folders.ts'
import { VERSION } from '../version.ts'

/**
 * Runs one command line.
 *
 * @param argv The arguments after `wattline`.
 * @returns The exit code: 0 done, 1 failed, 2 wrong command line; for `run` that of its command.
 */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    let exitCode: number = ExitCode.DONE
    await program(io, (code) => (exitCode = code)).parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has already written its message or the help.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? ExitCode.DONE : ExitCode.USAGE
    const style = styleFor(io.stderr, io.env)
    if (error instanceof CliError) {
      io.stderr.write(`${style.red('wattline:')} ${showHidden(error.message)}\n`)
      return error.exitCode
    }
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    io.stderr.write(
      `${style.red('wattline:')} Unexpected error, please report it: ${showHidden(detail)}\n`,
    )
    return ExitCode.FAILED
  }
}

/** The command tree. Actions throw {@link CliError} for failures that a user can understand. */
function program(io: CliIo, setExitCode: (code: number) => void): Command {
  const root = new Command('wattline')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => widthOf(io.stdout, io.env) ?? 100,
      getErrHelpWidth: () => widthOf(io.stderr, io.env) ?? 100,
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp(helpWith(styleFor(io.stdout, io.env)))
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .version(VERSION, '-V, --version', 'print the version')
  addRoot(root, io)
  addServe(root, io)
  addOpen(root, io)
  addSessions(root, io)
  addSpans(root, io)
  addStats(root, io)
  addEnergy(root, io)
  addRun(root, io, setExitCode)
  addPower(root, io)
  addDemo(root, io)
  addHelp(root)
  const prefix = styleFor(io.stderr, io.env).red('wattline:')
  for (const command of [root, ...root.commands]) {
    const name = command === root ? 'wattline' : `wattline ${command.name()}`
    const outputError = (text: string, write: (text: string) => void) => {
      write(oneSentence(text, prefix, name))
    }
    command.configureOutput({ ...command.configureOutput(), outputError })
  }
  return root
}

function addRoot(root: Command, io: CliIo): void {
  root
    .description('Watch AI agents work: a live and replayable timeline of their runs.')
    .usage('[options] [FILE|DIR|-]...\n       wattline COMMAND [options]')
    .argument('[FILE|DIR|-...]', 'logs to open (.jsonl, .jsonl.gz), folders to watch, - for stdin')
    .action(async (paths: string[], flags: ServerFlags) => {
      const { serveAndOpen } = await import('./commands/serve.ts')
      await serveAndOpen(paths, flags, io, commandNames(root))
    })
  addServerOptions(root, io)
  root.option('--no-open', 'do not open a browser')
  root.addHelpText('after', environmentHelp(styleFor(io.stdout, io.env)))
  addExamples(root, [
    ['wattline', 'start the server and open the dashboard'],
    ['wattline run.jsonl', 'show a saved run, and follow the file while it grows'],
    ['wattline ./logs', 'watch a folder: every log in it is a run'],
    ['my-agent | wattline -', 'watch the events that a program prints'],
    ['wattline claude', 'watch the sessions of Claude Code'],
    ['wattline demo', 'watch a generated run, without an agent'],
    ['wattline stats run.jsonl', 'durations, tokens and cost, in the terminal'],
  ])
}

function addServe(root: Command, io: CliIo): void {
  const command = root
    .command('serve')
    .summary('run the server that agents record to')
    .description(
      'Run the server in the foreground: agents record their runs to it, browsers watch them.',
    )
    .argument('[FILE|DIR|-...]', 'logs and folders to show as well, read-only')
    .action(async (paths: string[], flags: ServerFlags & { readonly demo?: boolean }) => {
      const { serve } = await import('./commands/serve.ts')
      await serve(paths, { ...flagsBeforeCommand(root), ...flags }, io)
    })
  addServerOptions(command, io)
  command
    .option('--open', 'open a browser (default with --demo)')
    .option('--no-open', 'do not open a browser')
    .option('--demo', 'show sample runs and a live demo run that restarts when it ends')
  addExamples(command, [
    ['wattline serve', `listen on http://${DEFAULT_HOST}:${DEFAULT_PORT}`],
    ['wattline serve ./logs --port 8080', 'use another port and also show a folder of logs'],
    ['wattline serve --demo', 'sample runs and a live demo'],
    ['wattline serve --keep 200 --max-disk 5GB', 'delete old runs'],
  ])
}

/** `wattline claude`, `wattline codex`: one command for each agent that keeps its sessions in files. */
function addSessions(root: Command, io: CliIo): void {
  for (const [name, tool] of Object.entries(AGENT_TOOLS)) {
    const command = root
      .command(name)
      .summary(`show the sessions of ${tool.name}, live`)
      .description(
        `Show the sessions of ${tool.name} as runs, newest first, while they grow. Reading them needs the token that the address has.`,
      )
      .action(async (flags: ServerFlags) => {
        const { sessions } = await import('./commands/sessions.ts')
        await sessions(tool, { ...flagsBeforeCommand(root), ...flags }, io)
      })
    addConnectionOptions(command)
    command.option('--no-open', 'do not open a browser')
    addExamples(command, [
      [`wattline ${name}`, `sessions in ~/${tool.home}/${tool.sessions}`],
      [`${tool.variable}=DIR wattline ${name}`, `sessions in DIR/${tool.sessions}`],
    ])
  }
}

function addOpen(root: Command, io: CliIo): void {
  const command = root
    .command('open')
    .summary('show the dashboard or a log in the running server')
    .description('Open the dashboard of the running server, or show a log or folder in it.')
    .argument('[FILE|DIR...]', 'logs to open, folders to watch')
    .action(async (paths: string[], flags: ServerFlags) => {
      const { open } = await import('./commands/open.ts')
      await open(paths, { ...flagsBeforeCommand(root), ...flags }, io)
    })
  addConnectionOptions(command)
  command.option('--no-open', 'only print the URL')
  addExamples(command, [
    ['wattline open', 'open the dashboard'],
    ['wattline open run.jsonl', 'show a log in the running server'],
    ['wattline open run.jsonl --no-open', 'the same, but only print its URL'],
  ])
}

const PRICES_OPTION =
  'your own prices (JSON), for calls without a logged cost (env WATTLINE_PRICES)'

/** A command that reads the log FILE. */
function logCommand(root: Command, name: string): Command {
  return root.command(name).argument('<FILE>', 'a log (.jsonl, .jsonl.gz), or - for stdin')
}

function addSpans(root: Command, io: CliIo): void {
  const command = logCommand(root, 'spans')
    .summary('list the spans of a log, as a tree or as JSON')
    .description(
      'List the spans of a log with start, duration, parent and doubts, as a tree or as JSON.',
    )
    .option('--json', 'print one JSON object per span, one per line')
    .option('--points', 'also list point events and ends without a start')
    .option('--prices <file>', PRICES_OPTION)
    .option('--group <key>', 'group by agent, kind, tool, model or any metadata key')
    .addOption(
      new Option(
        '--pairing <method>',
        'wattline: by id and scope; upstream: as Intelligence Per Watt does',
      )
        .choices(['wattline', 'upstream'])
        .default('wattline'),
    )
    .action(async (file: string, flags: SpansFlags) => {
      const { spans } = await import('./commands/spans.ts')
      await spans(file, flags, io)
    })
  addExamples(command, [
    ['wattline spans run.jsonl', 'a tree'],
    ['wattline spans run.jsonl --group tool', 'a tree per tool'],
    [`wattline spans run.jsonl --json | jq 'select(.error)'`, 'the failed spans as JSON'],
    ['gunzip -c old.gz | wattline spans -', 'read from a pipe'],
  ])
}

function addStats(root: Command, io: CliIo): void {
  const command = logCommand(root, 'stats')
    .summary('summarize a log: counts, percentiles, tokens, cost, data quality')
    .description(
      'Summarize a log: counts and percentiles of each kind, tokens, cost and data quality.',
    )
    .option('--prices <file>', PRICES_OPTION)
    .option('--json', 'print one JSON object')
    .action(async (file: string, flags: StatsFlags) => {
      const { stats } = await import('./commands/stats.ts')
      await stats(file, flags, io)
    })
  addExamples(command, [
    ['wattline stats run.jsonl', 'a table'],
    ['wattline stats run.jsonl --json | jq .tokens', 'the numbers as JSON'],
  ])
}

function addEnergy(root: Command, io: CliIo): void {
  const command = logCommand(root, 'energy')
    .summary('joules by kind, tool, model and agent, with their bounds')
    .description(
      'Attribute measured energy to the spans that ran: every joule once, with lower and upper bounds.',
    )
    .option(
      '--telemetry <file...>',
      'more power samples: JSONL, or a CSV of nvidia-smi, CodeCarbon or NVML',
    )
    .option('--offset <seconds>', 'seconds to add to the telemetry times if its clock is off')
    .addOption(
      new Option(
        '--method <method>',
        'conserved: every joule once; upstream: as Intelligence Per Watt does',
      )
        .choices(['conserved', 'upstream'])
        .default('conserved'),
    )
    .option('--include-idle', 'with upstream: also count the time between two actions')
    .option('--json', 'print one JSON object')
    .action(async (file: string, flags: EnergyFlags) => {
      const { energy } = await import('./commands/energy.ts')
      await energy(file, flags, io)
    })
  addExamples(command, [
    ['wattline energy run.jsonl', 'tables'],
    ['wattline energy run.jsonl --telemetry gpu.csv', 'with a CSV of nvidia-smi'],
    ['wattline energy run.jsonl --telemetry gpu.csv --offset -1.5', 'its clock is 1.5 s ahead'],
    ['wattline energy run.jsonl --json | jq .by_tool', 'the numbers as JSON'],
  ])
}

function addRun(root: Command, io: CliIo, setExitCode: (code: number) => void): void {
  const command = root
    .command('run')
    .summary('run a command and record it, with its power')
    .description(
      'Run a command and record it to the running server, or to a temporary one. The command keeps ' +
        'its terminal, signals and exit code. A command that records nothing becomes one span.',
    )
    .usage('[options] -- CMD [ARGS...]')
    .argument('<CMD...>', 'the command and its arguments')
    .passThroughOptions()
    .option('--power', 'sample the power of this machine while the command runs')
    .addOption(intervalOption())
    .option('--name <text>', 'name of the run (default: the command)')
    .option('--url <url>', 'server to record to (env WATTLINE_URL)')
    .option('--run <id>', 'id of the run (env WATTLINE_RUN)')
    .option('--open', 'open a browser')
    .action(async (argv: [string, ...string[]], flags: RunFlags) => {
      const { run } = await import('./commands/run.ts')
      setExitCode(await run(argv, { ...flagsBeforeCommand(root), ...flags }, io))
    })
  addServerOptions(command, io)
  addExamples(command, [
    ['wattline run -- python3 agent.py', 'watch an agent'],
    ['wattline run --power -- python3 agent.py', 'with the energy of each span'],
    ['wattline run --power --name build -- make', 'any other command'],
  ])
}

function addPower(root: Command, io: CliIo): void {
  const command = root
    .command('power')
    .summary('show or record the power of this machine')
    .description(
      'Show the power of the GPUs, processors and memory of this machine, write it as samples, or ' +
        'send it to a run. It is read from nvidia-smi, RAPL, rocm-smi or powermetrics.',
    )
    .addOption(intervalOption())
    .option('--json', 'print samples as JSON, one per line')
    .option('--out <file>', 'append samples to a file (- for stdout)')
    .option('--url <url>', 'send samples to a run of this server')
    .option('--run <id>', 'send samples to this run (env WATTLINE_RUN)')
    .action(async (flags: PowerFlags) => {
      const { power } = await import('./commands/power.ts')
      await power({ ...flagsBeforeCommand(root), ...flags }, io)
    })
  addConnectionOptions(command)
  addExamples(command, [
    ['wattline power', 'a table that is kept up to date'],
    ['wattline power --out power.jsonl', 'record samples for wattline energy --telemetry'],
    ['wattline power --run my-run', 'add samples to a run of the running server'],
  ])
}

function intervalOption(): Option {
  return new Option('--interval <time>', 'time between two samples, 50ms to 1s (default: 100ms)')
}

function addDemo(root: Command, io: CliIo): void {
  const command = root
    .command('demo')
    .summary('stream a generated run of several agents')
    .description(
      'Stream a generated run of several agents to the running server, or to a new one. With --out ' +
        'the run is written to a file instead.',
    )
    .addOption(new Option('--agents <n>', 'number of agents').default('4', '4'))
    .option('--duration <time>', 'length of the run, such as 90s or 10m (default: 3m)')
    .option('--spans <n>', 'approximate number of spans, instead of a duration')
    .addOption(new Option('--speed <x>', 'play this many times faster').default('1', '1'))
    .option('--seed <n>', 'the same seed gives the same run (default: random)')
    .option('--ids', 'give events ids (default)')
    .option('--no-ids', 'give events no ids, as many agents write them')
    .option('--out <file>', 'write the run to a file (- for stdout)')
    .option('--start <time>', 'with --out: start time of the run (default: now)')
    .option('--url <url>', 'server to stream to (env WATTLINE_URL)')
    .option('--run <id>', 'id of the run (env WATTLINE_RUN)')
    .action(async (flags: DemoFlags) => {
      const { demo } = await import('./commands/demo.ts')
      await demo({ ...flagsBeforeCommand(root), ...flags }, io)
    })
  addServerOptions(command, io)
  command.option('--no-open', 'do not open a browser')
  addExamples(command, [
    ['wattline demo', 'four agents for three minutes'],
    ['wattline demo --agents 12 --speed 4', 'more agents, four times as fast'],
    ['wattline demo --spans 100000 --seed 7 --out big.jsonl', 'write a large log'],
  ])
}

/** Replaces the help command of Commander, which does not reject an unknown command. */
function addHelp(root: Command): void {
  const command = root
    .command('help')
    .summary('show the help of a command')
    .description('Show the help of a command, or the list of commands.')
    .argument('[COMMAND]', 'name of a command')
    .action((name?: string) => {
      const wanted = name === undefined ? root : root.commands.find((one) => one.name() === name)
      if (wanted !== undefined) return wanted.outputHelp()
      const meant = nearest(name ?? '', commandNames(root))
      const hint = meant === undefined ? 'See wattline --help.' : `Did you mean wattline ${meant}?`
      throw usageError(`There is no command '${name}'. ${hint}`)
    })
  addExamples(command, [['wattline help energy', 'the options of wattline energy']])
}

function commandNames(root: Command): string[] {
  return root.commands.map((command) => command.name())
}

/** Turns Commander's `error: x\n(Did you mean y?)` into one line that names the help. */
function oneSentence(text: string, prefix: string, name: string): string {
  const [first = '', ...rest] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n')
  const hint = rest.join(' ').replace(/^\((.*)\)$/, '$1')
  const sentence = first.charAt(0).toUpperCase() + first.slice(1)
  const dot = /[.?!]$/.test(sentence) ? '' : '.'
  return `${prefix} ${sentence}${dot} ${hint === '' ? `See ${name} --help.` : hint}\n`
}
