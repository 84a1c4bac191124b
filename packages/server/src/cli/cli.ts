#!/usr/bin/env node
/** Entry of the `wattline` command: runs `main` with the streams of this process. */
import { dropWithoutReader, exitWithoutReader, processIo } from './base/io.ts'
import { main } from './program.ts'

exitWithoutReader(process.stdout)
dropWithoutReader(process.stderr)
process.exitCode = await main(process.argv.slice(2), processIo())
