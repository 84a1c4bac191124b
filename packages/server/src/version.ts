/** The version of this package, shown by `wattline --version` and `/healthz`. */
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
