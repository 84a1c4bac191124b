/**
 * `npm run pack`: writes the recorder and the `wattline` command as tarballs into the folder
 * `packed`, and prints the commands that install them elsewhere.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { ensureBuilt } from './lib/bootstrap.mjs'
import { runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'
import { pack, PUBLISHED } from './lib/pack.mjs'
import { root } from './lib/workspace.mjs'

requireNode()
await runScript(async () => {
  await ensureBuilt()
  const destination = path.join(root, 'packed')
  rmSync(destination, { recursive: true, force: true })
  const [recorder, server] = await Promise.all(PUBLISHED.map((folder) => pack(folder, destination)))
  process.stdout.write(`npm install ${recorder}    # the recorder, into your project
npm install --global ${server}    # the wattline command
`)
})
