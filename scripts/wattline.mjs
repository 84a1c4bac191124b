/**
 * `npm run wattline -- ARGS`: runs the `wattline` command from the checkout; installs and builds
 * first when needed. Relative paths refer to the caller's folder. Only data goes to stdout.
 */
import { ensureBuilt } from './lib/bootstrap.mjs'
import { becomeWattline, runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
await runScript(ensureBuilt)
await becomeWattline(process.argv.slice(2))
