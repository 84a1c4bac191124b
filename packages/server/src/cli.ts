#!/usr/bin/env node
/** The `wattline` command. Everything testable is in cli/; this file is the process around it. */
import { endQuietlyWithoutReader, processIo } from './cli/base/io.ts'
import { main } from './cli/program.ts'

endQuietlyWithoutReader([process.stdout, process.stderr])
process.exitCode = await main(process.argv.slice(2), processIo())
