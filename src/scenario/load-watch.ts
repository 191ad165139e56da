/** Tells when scenario files change. Loaded only by servers that watch. */
import { watch } from 'chokidar'

export interface Watching {
  /** Watches these files and folders from now on, instead of those before. */
  follow(paths: readonly string[]): void
  close(): Promise<void>
}

/** Resolves when no change can be missed any more. */
export async function watchFiles(
  paths: readonly string[],
  onChange: () => void,
): Promise<Watching> {
  const watcher = watch([...paths], {
    ignoreInitial: true,
    // An editor may empty a file before it fills it: half a file is no edit.
    awaitWriteFinish: { stabilityThreshold: 60, pollInterval: 20 },
    atomic: 100,
  })
  let followed = new Set(paths)
  watcher.on('all', (event) => {
    if (event !== 'addDir' && event !== 'unlinkDir') onChange()
  })
  // Of nothing to watch it is never ready.
  if (paths.length > 0) await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return {
    follow(next) {
      const wanted = new Set(next)
      watcher.add([...wanted].filter((path) => !followed.has(path)))
      watcher.unwatch([...followed].filter((path) => !wanted.has(path)))
      followed = wanted
    },
    async close() {
      try {
        await watcher.close()
      } catch {
        // chokidar may throw, and at once, over files that were replaced while it followed them;
        // whatever it says, the server has streams to end.
      }
    },
  }
}
