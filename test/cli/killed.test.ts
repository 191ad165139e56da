import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listRecordings, openLibrary } from '../../src/recording/store.ts'
import { launch, type Running, temporaryFolder } from './command.ts'

const frame = (i: number): string => `data: {"delta":"chunk ${i}"}\n\n`

/** Says what it was asked, or at /endless one chunk after the other, each by itself. */
const service = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (!request.url?.startsWith('/endless')) {
    request.pipe(response)
    return
  }
  let i = 0
  const talk = (): void => {
    if (response.destroyed) return
    if (response.write(frame(i++))) setImmediate(talk)
    else response.once('drain', talk)
  }
  talk()
})

/** What a client receives of the endless stream, when its server is killed at `atByte` or soon after. */
async function receiveUntilKilled(server: Running, path: string, atByte: number): Promise<string> {
  const received: Uint8Array[] = []
  let bytes = 0
  try {
    const { body } = await fetch(server.url(path))
    for await (const part of body ?? []) {
      received.push(part)
      bytes += part.length
      if (bytes >= atByte) server.signal('SIGKILL')
    }
  } catch {
    // It is broken on purpose.
  }
  await server.finished
  return Buffer.concat(received).toString()
}

test('two processes tape into one folder; killed, they leave all that their clients received', async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const folder = temporaryFolder()
  const taping = ['record', '--upstream', upstream, '--out', folder]
  const [one, other] = await Promise.all([launch(...taping), launch(...taping)])
  await using _ = one
  await using __ = other

  const questions = Array.from({ length: 30 }, (_, i) => `question ${i}`)
  await Promise.all(
    questions.map(async (body, i) => {
      const { url } = i % 2 === 0 ? one : other
      const reply = await fetch(url('/ask'), { method: 'POST', body })
      expect(await reply.text()).toBe(body)
    }),
  )
  // Whoever has read the end of an answer finds its recording whole.
  const asked = listRecordings([folder])
  expect(asked.mistakes).toEqual([])
  expect(asked.recordings.map(({ ending }) => ending)).toEqual(questions.map(() => 'end'))
  const bodies = asked.recordings.map(({ request }) => request.body)
  expect(bodies.toSorted()).toEqual(questions.toSorted())

  const received = await Promise.all([
    receiveUntilKilled(one, '/endless/1', 1),
    receiveUntilKilled(other, '/endless/2', 5000),
  ])
  expect(received[1]?.length).toBeGreaterThanOrEqual(5000)
  const { recordings, mistakes } = openLibrary([folder])
  expect(mistakes).toEqual([])
  const cut = recordings.filter(({ ending }) => ending === undefined)
  expect(cut).toHaveLength(2)
  for (const recording of cut) {
    const steps = [...recording.timeline()]
    const body = steps.map((step) => (step.do === 'write' ? String(step.bytes) : '')).join('')
    // The kernel has a chunk of the tape before the client has it.
    const client = received[recording.request.url.endsWith('1') ? 0 : 1] ?? ''
    expect(body.startsWith(client)).toBe(true)
    expect(steps.at(-1)?.do).toBe('close')
  }
  const lines = readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1),
  )
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  service.closeAllConnections()
  service.close()
})
