/**
 * `npm start [-- FLAGS]`: from a fresh clone to the dashboard in the browser, with the sample
 * runs and a live demo to look at. FLAGS are those of `wattline serve` (`--port N --no-open`).
 */
import { ensureBuilt } from './lib/bootstrap.mjs'
import { becomeWattline, runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
await runScript(ensureBuilt)
await becomeWattline(['serve', '--demo', ...process.argv.slice(2)])
