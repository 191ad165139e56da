/**
 * The server under the soak, in a process of its own, so that what it holds is its own. Told by
 * messages to measure itself; must never measure before it is quiet.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const [dist, folder, upstream] = process.argv.slice(2)
const { start } = await import(`${dist}/index.js`)

const file = join(folder, 'soak.yaml')
let edition = 0
/** Full long before the first measurement. */
const journalLimit = 100
const writeScenario = () => writeFileSync(file, scenario(++edition))
writeScenario()

const double = await start({
  scenarios: [file],
  ...(upstream ? { upstream, tapes: join(folder, 'tapes') } : {}),
  watch: true,
  journalLimit,
})
process.on('message', async ({ id, do: what }) => {
  if (what === 'reload') writeScenario()
  if (what === 'reset') double.reset('soak-1')
  if (what === 'close') await double.close()
  process.send({ id, ...(what === 'measure' ? await measured() : {}) })
  if (what === 'close') process.disconnect()
})
// Nobody is left to measure for.
process.on('disconnect', () => process.exit())
process.send({ port: double.port })

/** Loads what is loaded once somebody asks, sees that nothing is under way, and counts. */
async function measured() {
  await double.taped()
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  const resources = {}
  // Without the timer that this waits with, which is over.
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  return {
    heapUsed,
    external: external + arrayBuffers,
    rss,
    streams: double.open,
    listed: double.streams.list().length,
    faults: double.faults.entries.length,
    journal: double.journal.length,
    journalLimit,
    sockets: resources.TCPSocketWrap ?? 0,
    timers: resources.Timeout ?? 0,
    resources: Object.values(resources).reduce((sum, count) => sum + count, 0),
    files: filesOpen(),
  }
}

/** Linux alone tells. */
function filesOpen() {
  try {
    // One of them is the folder that is being read.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return 0
  }
}

/** What matches nothing goes to the live service. */
function scenario(edition) {
  const words = Array.from({ length: 12 }, (_, at) => `word${at}`)
  return `# edition ${edition}
name: soak
pacing: instant
rules:
  - name: short
    when: { user: { contains: short } }
    reply: [{ text: [${words.join(', ')}] }]
  - name: paced
    when: { user: { contains: paced } }
    pacing: { ttft: 2ms, itl: 1ms }
    reply: [{ text: [${words.join(', ')}] }]
  - name: stalls
    when: { user: { contains: stalls } }
    reply: [{ text: [begun] }, { wait: 10m }, { text: [never] }]
  - name: hangs
    when: { user: { contains: hangs } }
    reply: [{ text: [begun, 'silent'] }, hang]
  - name: large
    when: { user: { contains: large } }
    reply: [{ text: ['${'x'.repeat(20_000)}', '${'y'.repeat(20_000)}', '${'z'.repeat(20_000)}'] }]
  - name: breaks
    when: { user: { contains: breaks } }
    reply: [{ text: [${words.join(', ')}] }]
    faults: [{ reset: { at: { frame: 4 } } }]
  - name: fails
    when: { user: { contains: fails } }
    reply: { error: { code: overloaded } }
`
}
