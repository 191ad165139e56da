// Tapes one chunk after another into the folder it is given, until it is killed.
import { createViteServer } from 'vitest/node'

const vite = await createViteServer({
  configFile: false,
  logLevel: 'silent',
  server: { middlewareMode: true, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
})
const { createTape } = await vite.ssrLoadModule('/src/recording/store.ts')

const tape = createTape(process.argv[2], {
  by: 'a test',
  arrivedMs: 0,
  request: { method: 'GET', url: '/x', headers: [], body: new Uint8Array(0) },
  url: 'http://127.0.0.1/x',
})
tape.write({ atMs: 0, do: 'head', status: 200, headers: [] })
process.send?.('taping')
for (let i = 0; ; i++) {
  tape.write({ atMs: i, do: 'write', bytes: Buffer.from(`chunk ${i}.`) })
  await new Promise((resolve) => setImmediate(resolve))
}
