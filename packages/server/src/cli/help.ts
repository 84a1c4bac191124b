/** Formats help: usage, description, examples, commands, arguments, options. */
import { type Command, Help } from 'commander'
import { padEnd, type Style } from './base/terminal.ts'

/** A command line to copy, and its purpose. */
export type Example = readonly [command: string, purpose: string]

/** Adds examples to the help of a command, between its description and its options. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples)
  return command
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>()

/** Settings for Commander that apply this order and the colors of `style`. */
export function helpWith(style: Style): Partial<Help> {
  return {
    minWidthToWrap: 20,
    styleTitle: style.bold,
    styleCommandText: style.cyan,
    styleSubcommandText: style.cyan,
    styleOptionText: style.cyan,
    styleArgumentText: style.cyan,
    subcommandTerm: (command) => command.name(),
    formatHelp(command, helper) {
      const text = Help.prototype.formatHelp.call(helper, command, helper)
      const [usage, purpose, ...sections] = text.trimEnd().split('\n\n')
      const isCommands = (section: string) => section.startsWith(style.bold('Commands:'))
      const examples = EXAMPLES.get(command) ?? []
      return [
        usage,
        purpose,
        ...(examples.length > 0 ? [exampleList(examples, style, helper.helpWidth ?? 100)] : []),
        ...sections.filter(isCommands),
        ...sections.filter((section) => !isCommands(section)),
      ]
        .join('\n\n')
        .concat('\n')
    },
  }
}

/** Puts purposes beside their commands, or below them if that is too wide. */
function exampleList(examples: readonly Example[], style: Style, width: number): string {
  const commandCells = Math.max(...examples.map(([command]) => command.length)) + 2
  const purposeCells = Math.max(...examples.map(([, purpose]) => purpose.length))
  const fits = 2 + commandCells + purposeCells <= width
  const lines = examples.map(([command, purpose]) =>
    fits
      ? `  ${style.cyan(padEnd(command, commandCells))}${style.dim(purpose)}`
      : `  ${style.cyan(command)}\n      ${style.dim(purpose)}`,
  )
  return [style.bold('Examples:'), ...lines].join('\n')
}
