/** `npm run build`: builds the packages and the dashboard, even when they are up to date. */
import { build, ensureInstalled } from './lib/bootstrap.mjs'
import { runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
await runScript(async () => {
  await ensureInstalled()
  await build()
})
