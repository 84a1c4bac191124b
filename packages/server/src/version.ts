/** The version of this package, as `wattline --version` and `/healthz` tell it. */
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
