/**
 * The command line of `wattline`: its commands, flags and help. Each command's work is in a module
 * of its own that is loaded when it is asked for, so that `wattline spans` starts no web server.
 */
import { Argument, Command, CommanderError, Option } from 'commander'
import { CliError, ExitCode, nearest, usageError } from './base/errors.ts'
import { addExamples, helpWith } from './help.ts'
import {
  addConnectionOptions,
  addServerOptions,
  environmentHelp,
  givenBefore,
} from './input/common-options.ts'
import type { CliIo } from './base/io.ts'
import { DEFAULT_HOST, DEFAULT_PORT, type ServerFlags } from './input/settings.ts'
import { styleFor, widthOf } from './base/terminal.ts'
import type { DemoFlags } from './commands/demo.ts'
import type { EnergyFlags } from './commands/energy.ts'
import type { PowerFlags } from './commands/power.ts'
import type { RunFlags } from './commands/run.ts'
import type { SpansFlags } from './commands/spans.ts'
import type { StatsFlags } from './commands/stats.ts'
import { VERSION } from '../version.ts'

/**
 * Runs one command line.
 *
 * @param argv What stands after the command's name.
 * @returns The exit code: 0 done, 1 failed, 2 wrong command line; that of the command after `run`.
 */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    let exitCode: number = ExitCode.DONE
    await program(io, (code) => (exitCode = code)).parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has already written its message or the help that was asked for.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? ExitCode.DONE : ExitCode.USAGE
    const style = styleFor(io.stderr, io.env)
    if (error instanceof CliError) {
      io.stderr.write(`${style.red('wattline:')} ${error.message}\n`)
      return error.exitCode
    }
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    io.stderr.write(`${style.red('wattline:')} This should not have happened: ${detail}\n`)
    return ExitCode.FAILED
  }
}

/** The whole command tree; its actions throw {@link CliError} for people to read. */
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
    .description(
      'See what AI agents do while they do it: a live and replayable timeline of their runs.',
    )
    .usage('[options] [FILE|DIR|-]...\n       wattline COMMAND [options]')
    .argument('[FILE|DIR|-...]', 'logs to open (.jsonl, .jsonl.gz), folders to watch, - for stdin')
    .action(async (paths: string[], flags: ServerFlags) => {
      const { serveAndOpen } = await import('./commands/serve.ts')
      await serveAndOpen(paths, flags, io, commandNames(root))
    })
  addServerOptions(root, io)
  root.addOption(new Option('--no-open', 'do not open a browser'))
  root.addHelpText('after', environmentHelp(styleFor(io.stdout, io.env)))
  addExamples(root, [
    ['wattline', 'start the server, open the dashboard'],
    ['wattline run.jsonl', 'look at a saved run; it is followed while it grows'],
    ['wattline ./logs', 'watch a folder: every log in it is a run'],
    ['my-agent | wattline -', 'watch what a program prints'],
    ['wattline demo', 'no agent at hand? see a believable one work'],
    ['wattline stats run.jsonl', 'what a run cost, in the terminal'],
  ])
}

function addServe(root: Command, io: CliIo): void {
  const command = root
    .command('serve')
    .summary('keep and show runs; agents send theirs here')
    .description('Start the server and stay: agents send their runs to it, browsers watch them.')
    .argument('[FILE|DIR|-...]', 'logs and folders to show besides, read-only')
    .action(async (paths: string[], flags: ServerFlags & { readonly demo?: boolean }) => {
      const { serve } = await import('./commands/serve.ts')
      await serve(paths, { ...givenBefore(root), ...flags }, io)
    })
  addServerOptions(command, io)
  command
    .addOption(new Option('--open', 'open a browser (with --demo it opens by itself)'))
    .addOption(new Option('--no-open', 'do not open a browser'))
    .addOption(
      new Option('--demo', 'show sample runs and a live one that starts again when it ends'),
    )
  addExamples(command, [
    ['wattline serve', `listen on http://${DEFAULT_HOST}:${DEFAULT_PORT}`],
    ['wattline serve ./logs --port 8080', 'another port, and a folder of logs besides'],
    ['wattline serve --demo', 'sample runs and a live demo'],
    ['wattline serve --keep 200 --max-disk 5GB', 'retire old runs'],
  ])
}

function addOpen(root: Command, io: CliIo): void {
  const command = root
    .command('open')
    .summary('show a log, or the dashboard, in the server that runs')
    .description('Open the dashboard of the server that runs already, or a log or folder in it.')
    .argument('[FILE|DIR...]', 'logs to open, folders to watch')
    .action(async (paths: string[], flags: ServerFlags) => {
      const { open } = await import('./commands/open.ts')
      await open(paths, { ...givenBefore(root), ...flags }, io)
    })
  addConnectionOptions(command)
  command.addOption(new Option('--no-open', 'only print the URL'))
  addExamples(command, [
    ['wattline open', 'the dashboard'],
    ['wattline open run.jsonl', 'hand a log over and show it'],
    ['wattline open run.jsonl --no-open', 'hand it over and print its URL'],
  ])
}

function addSpans(root: Command, io: CliIo): void {
  const command = root
    .command('spans')
    .summary('list the spans of a log, as a tree or as JSON')
    .description(
      'List the spans of a log: what ran when, inside what, for how long, and how sure that is.',
    )
    .addArgument(new Argument('<FILE>', 'a log (.jsonl, .jsonl.gz) or - for stdin'))
    .addOption(new Option('--json', 'one JSON object a line and a span'))
    .addOption(new Option('--points', 'also list point events and ends without a start'))
    .addOption(new Option('--group <key>', 'group by agent, kind, tool, model or any metadata key'))
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
    ['wattline spans run.jsonl', 'a tree to read'],
    ['wattline spans run.jsonl --group tool', 'the same by tool'],
    [`wattline spans run.jsonl --json | jq 'select(.error)'`, 'the failed ones, as data'],
    ['gunzip -c old.gz | wattline spans -', 'from a pipe'],
  ])
}

function addStats(root: Command, io: CliIo): void {
  const command = root
    .command('stats')
    .summary('sum a log up: counts, percentiles, tokens, cost, quality')
    .description(
      'Sum a log up: counts and percentiles of each kind, tokens, cost, and how good the data is.',
    )
    .addArgument(new Argument('<FILE>', 'a log (.jsonl, .jsonl.gz) or - for stdin'))
    .addOption(
      new Option('--prices <file>', 'prices of your own, for logs that tell no cost (JSON)'),
    )
    .addOption(new Option('--json', 'one JSON object'))
    .action(async (file: string, flags: StatsFlags) => {
      const { stats } = await import('./commands/stats.ts')
      await stats(file, flags, io)
    })
  addExamples(command, [
    ['wattline stats run.jsonl', 'a table to read'],
    ['wattline stats run.jsonl --json | jq .tokens', 'the figures as data'],
  ])
}

function addEnergy(root: Command, io: CliIo): void {
  const command = root
    .command('energy')
    .summary('joules by kind, tool, model and agent, and how sure they are')
    .description(
      'Give the energy that was measured to the spans that ran: every joule once, with its bounds.',
    )
    .addArgument(new Argument('<FILE>', 'a log (.jsonl, .jsonl.gz) or - for stdin'))
    .addOption(
      new Option(
        '--telemetry <file...>',
        'power samples besides: JSONL, or a CSV of nvidia-smi, CodeCarbon or NVML',
      ),
    )
    .addOption(
      new Option(
        '--offset <seconds>',
        'add so much to the times of the telemetry, if its clock is off',
      ),
    )
    .addOption(
      new Option(
        '--method <method>',
        'conserved: every joule once; upstream: as Intelligence Per Watt does',
      )
        .choices(['conserved', 'upstream'])
        .default('conserved'),
    )
    .addOption(new Option('--include-idle', 'with upstream: also what lies between two actions'))
    .addOption(new Option('--json', 'one JSON object'))
    .action(async (file: string, flags: EnergyFlags) => {
      const { energy } = await import('./commands/energy.ts')
      await energy(file, flags, io)
    })
  addExamples(command, [
    ['wattline energy run.jsonl', 'a table to read'],
    ['wattline energy run.jsonl --telemetry gpu.csv', 'with the log of nvidia-smi'],
    ['wattline energy run.jsonl --telemetry gpu.csv --offset -1.5', 'whose clock is ahead'],
    ['wattline energy run.jsonl --json | jq .by_tool', 'the figures as data'],
  ])
}

/** `wattline run`; its exit code is that of what it runs. */
function addRun(root: Command, io: CliIo, setExitCode: (code: number) => void): void {
  const command = root
    .command('run')
    .summary('run a command, record it and the power it takes')
    .description(
      'Run a command with a server to record to: the one that runs, or one for the time. ' +
        'Its terminal, signals and exit code stay its own; what records nothing becomes one span.',
    )
    .usage('[options] -- CMD [ARGS...]')
    .argument('<CMD...>', 'the command and its arguments')
    .passThroughOptions()
    .addOption(new Option('--power', 'sample this machine’s power while it runs'))
    .addOption(intervalOption())
    .addOption(new Option('--name <text>', 'what the run is called (default: the command)'))
    .addOption(new Option('--url <url>', 'the server to record to (env WATTLINE_URL)'))
    .addOption(new Option('--run <id>', 'the id of the run (env WATTLINE_RUN)'))
    .addOption(new Option('--open', 'open a browser'))
    .action(async (argv: [string, ...string[]], flags: RunFlags) => {
      const { run } = await import('./commands/run.ts')
      setExitCode(await run(argv, { ...givenBefore(root), ...flags }, io))
    })
  addServerOptions(command, io)
  addExamples(command, [
    ['wattline run -- python3 agent.py', 'watch what it records'],
    ['wattline run --power -- python3 agent.py', 'and the joules of each span'],
    ['wattline run --power --name build -- make', 'any command at all'],
  ])
}

/** `wattline power`. */
function addPower(root: Command, io: CliIo): void {
  const command = root
    .command('power')
    .summary('this machine’s power, live or as samples')
    .description(
      'Show the power of this machine’s GPUs, processors and memory, write it as samples, or send ' +
        'it to a run. Read from nvidia-smi, RAPL, rocm-smi and powermetrics.',
    )
    .addOption(intervalOption())
    .addOption(new Option('--json', 'one sample a line, as a log has them'))
    .addOption(new Option('--out <file>', 'add the samples to a file (- for stdout)'))
    .addOption(new Option('--url <url>', 'send them to a run at this server'))
    .addOption(new Option('--run <id>', 'send them to this run (env WATTLINE_RUN)'))
    .action(async (flags: PowerFlags) => {
      const { power } = await import('./commands/power.ts')
      await power({ ...givenBefore(root), ...flags }, io)
    })
  addConnectionOptions(command)
  addExamples(command, [
    ['wattline power', 'a table that stays up to date'],
    ['wattline power --out power.jsonl', 'for wattline energy --telemetry'],
    ['wattline power --run my-run', 'into a run of the server that runs here'],
  ])
}

function intervalOption(): Option {
  return new Option('--interval <time>', 'time between two samples, 50ms to 1s (default: 100ms)')
}

function addDemo(root: Command, io: CliIo): void {
  const command = root
    .command('demo')
    .summary('stream a believable run of several agents')
    .description(
      'Stream a believable run of several agents to the server (it is started if none runs), or write it to a file.',
    )
    .addOption(new Option('--agents <n>', 'agents at work').default('4', '4'))
    .addOption(
      new Option('--duration <time>', 'how long the run lasts, such as 90s or 10m (default: 3m)'),
    )
    .addOption(new Option('--spans <n>', 'make about this many spans, however long that takes'))
    .addOption(new Option('--speed <x>', 'play so many times faster').default('1', '1'))
    .addOption(new Option('--seed <n>', 'the same seed gives the same run (default: a random one)'))
    .addOption(new Option('--ids', 'events carry ids (the default)'))
    .addOption(new Option('--no-ids', 'events carry no ids, as many real agents write them'))
    .addOption(new Option('--out <file>', 'write the run to a file at once instead (- for stdout)'))
    .addOption(new Option('--start <time>', 'with --out: when the run begins (default: now)'))
    .addOption(new Option('--url <url>', 'the server to stream to (env WATTLINE_URL)'))
    .addOption(new Option('--run <id>', 'the id of the run (env WATTLINE_RUN)'))
    .action(async (flags: DemoFlags) => {
      const { demo } = await import('./commands/demo.ts')
      await demo({ ...givenBefore(root), ...flags }, io)
    })
  addServerOptions(command, io)
  command.addOption(new Option('--no-open', 'do not open a browser'))
  addExamples(command, [
    ['wattline demo', 'four agents for three minutes'],
    ['wattline demo --agents 12 --speed 4', 'more of them, and faster'],
    ['wattline demo --spans 100000 --seed 7 --out big.jsonl', 'a large log to try things on'],
  ])
}

/** Commander's own says nothing about a command that there is not. */
function addHelp(root: Command): void {
  const command = root
    .command('help')
    .summary('show the help of a command')
    .description('Show the help of a command, or of all of them.')
    .argument('[COMMAND]', 'one of them')
    .action((name?: string) => {
      const wanted = name === undefined ? root : root.commands.find((one) => one.name() === name)
      if (wanted !== undefined) return wanted.outputHelp()
      const meant = nearest(name ?? '', commandNames(root))
      const hint = meant === undefined ? 'See wattline --help.' : `Did you mean wattline ${meant}?`
      throw usageError(`There is no command '${name}'. ${hint}`)
    })
  addExamples(command, [['wattline help energy', 'what wattline energy takes and does']])
}

function commandNames(root: Command): string[] {
  return root.commands.map((command) => command.name())
}

/** Commander's `error: x\n(Did you mean y?)` as one sentence, with where to look. */
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
