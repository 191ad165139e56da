/**
 * A real browser out of an npm package, so that `npm test` needs nothing else. Web security stays
 * on: the flags that the package recommends would turn off what is tested here, and are not used.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(await launchOptions())
}

/** The package has a browser for this platform only; elsewhere, the Chrome that is installed. */
async function launchOptions(): Promise<LaunchOptions> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' }
  const folder = join(cache, 'stuntdouble-chromium')
  if (!existsSync(folder)) await unpackTo(folder)
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...definedOnly(process.env),
      // The libraries that a bare machine lacks, such as NSS, come with the browser.
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    },
  }
}

/** Unpacked beside and moved as a whole, so that a run that was broken off leaves no half browser. */
async function unpackTo(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(join(cache, 'unpacking-'))
  // The package unpacks to the folder for temporary files, with libraries only where it takes the
  // machine for one that lacks them; both it reads from the environment.
  const { TMPDIR, AWS_LAMBDA_JS_RUNTIME } = process.env
  Object.assign(process.env, { TMPDIR: draft, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' })
  try {
    const { default: bundled } = await import('@sparticuz/chromium')
    await bundled.executablePath()
  } finally {
    restore({ TMPDIR, AWS_LAMBDA_JS_RUNTIME })
  }
  // Another run may have been faster; its browser is as good.
  await rename(draft, folder).catch((error) => {
    if (!existsSync(folder)) throw error
    return rm(draft, { recursive: true })
  })
}

function restore(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

const definedOnly = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
