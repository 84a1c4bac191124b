/**
 * `npm run wattline -- ARGS`: the `wattline` command from the checkout, installed and built when
 * that is needed. Relative paths are those of the caller's folder, and only data goes to stdout.
 */
import { ensureBuilt } from './lib/bootstrap.mjs'
import { becomeWattline, runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
await runScript(ensureBuilt)
await becomeWattline(process.argv.slice(2))
