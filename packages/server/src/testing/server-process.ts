/** A server as a process of its own, for tests that kill it. Arguments: folder, port. */
import { createServer } from '../server.ts'

const [dir = '', port = '0'] = process.argv.slice(2)
const server = await createServer({ dir, port: Number(port) })
process.stdout.write(`${server.port}\n`)
