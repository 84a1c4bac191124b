#!/usr/bin/env node
/** Entry of the `wattline` command: runs `main` with the streams of this process. */
import { exitWhenReaderIsGone, processIo } from './base/io.ts'
import { main } from './program.ts'

exitWhenReaderIsGone([process.stdout, process.stderr])
process.exitCode = await main(process.argv.slice(2), processIo())
