/** How help looks: a purpose, examples first, then arguments and options. */
import { type Command, Help } from 'commander'
import { padEnd, type Style } from './terminal.ts'

/** A command line to copy and what it does. */
export type Example = readonly [command: string, purpose: string]

/** Adds examples to a command's help, between its purpose and its options. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples)
  return command
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>()

/** Help with the house's order: usage, purpose, examples, commands, arguments, options. */
export function helpWith(style: Style): Partial<Help> {
  return {
    minWidthToWrap: 20,
    styleTitle: style.bold,
    styleCommandText: style.cyan,
    styleSubcommandText: style.cyan,
    styleOptionText: style.cyan,
    styleArgumentText: style.cyan,
    formatHelp(command, helper) {
      const text = Help.prototype.formatHelp.call(helper, command, helper)
      const examples = EXAMPLES.get(command)
      if (examples === undefined) return text
      // The usage line and the purpose are the first two paragraphs.
      const paragraphs = text.split('\n\n')
      const head = paragraphs.slice(0, 2).join('\n\n')
      const rest = paragraphs.slice(2).join('\n\n')
      return `${head}\n\n${exampleList(examples, style)}\n\n${rest}`
    },
  }
}

function exampleList(examples: readonly Example[], style: Style): string {
  const width = Math.max(...examples.map(([command]) => command.length)) + 2
  const lines = examples.map(
    ([command, purpose]) => `  ${style.cyan(padEnd(command, width))}${style.dim(purpose)}`,
  )
  return [style.bold('Examples:'), ...lines].join('\n')
}
