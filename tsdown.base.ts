/**
 * The build configuration of the published packages: ES modules for the oldest supported Node. Private
 * workspace packages are bundled with their types, so that published packages do not depend on them.
 */
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { UserConfig } from 'tsdown'

const root = new URL('./', import.meta.url)

/**
 * Returns the path of the native compiler. TypeScript 7 has no API that emits declarations, so the
 * declaration plugin runs the compiler over the whole workspace (tsconfig.build.json, whose folder
 * must contain every bundled package) and bundles its output.
 */
async function nativeCompiler(): Promise<string> {
  const module = new URL('node_modules/typescript/lib/getExePath.js', root)
  const { default: executablePath }: { default: () => string } = await import(
    pathToFileURL(fileURLToPath(module)).href
  )
  return executablePath()
}

/**
 * Returns the build configuration of a package.
 *
 * @param entry entry files, relative to the package
 */
export async function published(entry: Readonly<Record<string, string>>): Promise<UserConfig> {
  return {
    entry: { ...entry },
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    fixedExtension: false,
    logLevel: 'warn',
    deps: { alwaysBundle: [/^@wattline\//], onlyBundle: false },
    dts: {
      tsconfig: fileURLToPath(new URL('tsconfig.build.json', root)),
      tsgo: { path: await nativeCompiler() },
    },
  }
}
