/** The flags and help of `wattline run` and `wattline power`. */
import { type Command, Option } from 'commander'
import { addConnectionOptions, addServerOptions, givenBefore } from './input/common-options.ts'
import { addExamples } from './help.ts'
import type { CliIo } from './io.ts'
import type { PowerFlags } from './commands/power.ts'
import type { RunFlags } from './commands/run.ts'

/** `wattline run`; its exit code is that of what it runs. */
export function addRun(root: Command, io: CliIo, setExitCode: (code: number) => void): void {
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
export function addPower(root: Command, io: CliIo): void {
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
