import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../../src/testing/start.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { requestBytes } from '../../support/raw-client.ts'

const chatPath = '/chatapi'
const body = { messages: [{ role: 'user', content: 'hello' }] }
const asked = requestBytes({ path: chatPath, body, headers: { connection: 'close' } })

const twoParts = () => ({
  pacing: 'instant',
  rules: [{ name: 'two', reply: [{ text: ['first'] }, { wait: '400ms' }, { text: ['second'] }] }],
})

/** Far more at once than the kernel keeps for a client that reads nothing; the rest 400 ms later. */
function hugeRecording(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'stuntdouble-')), 'huge.jsonl')
  const chunk = JSON.stringify({ atMs: 0, text: 'x'.repeat(100_000) })
  const lines = [
    '{"recording":1,"by":"a test","at":"2026-01-01T00:00:00.000Z"}',
    '{"request":{"method":"POST","url":"http://localhost/","headers":[],"body":"{}"}}',
    '{"atMs":0,"head":{"status":200,"headers":[["content-type","text/plain"]]}}',
    ...Array.from({ length: 300 }, () => chunk),
    '{"atMs":400,"text":"second"}',
    '{"atMs":400,"end":"end"}',
  ]
  writeFileSync(file, lines.join('\n'))
  return file
}

describe('a stream that could not be kept on time', () => {
  it('is marked where the process was blocked, with how long, and fails a test that asks', async () => {
    await using double = await start({ scenarios: [twoParts()] })
    const socket = connect(double.port, '127.0.0.1', () => socket.write(asked))
    let heard = `${(await once(socket, 'data'))[0]}`
    // Nothing else runs in this process until 100 ms after the second part is due.
    const untilMs = performance.now() + 500
    while (performance.now() < untilMs);
    socket.on('data', (data) => {
      heard += data
    })
    await once(socket, 'close')
    expect(heard).toMatch(/first.*second/s)
    const [entry] = double.journal
    expect(entry?.late?.maxMs).toBeGreaterThanOrEqual(100)
    expect(entry?.late?.blockedMs).toBeGreaterThanOrEqual(100)
    expect(entry?.late?.chunks).toBeGreaterThanOrEqual(1)
    expect(double.lag).toMatchObject({ lateStreams: 1, lateAfterMs: 20 })
    expect(double.lag.dialects['chatapi']?.chunks.maxMs).toBeGreaterThanOrEqual(100)
    expect(double.lag.wakes?.maxMs).toBeGreaterThanOrEqual(100)
    const metrics = await (await fetch(double.url('/_stuntdouble/metrics'))).text()
    expect(metrics).toMatch(/^stuntdouble_late_streams_total 1$/m)
    expect(metrics).toMatch(/^stuntdouble_lag_seconds_bucket\{dialect="chatapi",le="0.064"\} 0$/m)
    expect(await (await fetch(double.url('/_stuntdouble/lag'))).json()).toMatchObject({
      ...{ lateStreams: 1, chunks: double.lag.chunks },
    })
    expect(() => double.verify()).not.toThrow()
    expect(() => double.verify({ onTime: true })).toThrow(
      /^1 stream was not kept on time:\n {2}POST \/chatapi \(.*\): .* ms late; the process was blocked$/,
    )
  })

  it('is none where its reader was slow, which is told apart', async () => {
    const clock = new VirtualClock()
    const scenario = { rules: [{ reply: { recording: hugeRecording(), pacing: 'recorded' } }] }
    await using double = await start({ scenarios: [scenario], clock, lateAfter: 0 })
    const socket = connect(double.port, '127.0.0.1', () => socket.write(asked))
    await once(socket, 'data')
    socket.pause()
    await clock.advance(10_000)
    let last = ''
    socket.on('data', (data) => {
      last = `${last}${data}`.slice(-1000)
    })
    socket.resume()
    await once(socket, 'close')
    expect(last).toContain('second')
    expect(double.journal[0]).toMatchObject({ ended: 'end', maxLagMs: 0 })
    expect(double.journal[0]?.late).toBeUndefined()
    expect(double.lag.chunks.maxMs).toBe(0)
    expect(double.lag.held.maxMs).toBe(9600)
    expect(() => double.verify({ onTime: true })).not.toThrow()
  })
})

describe('lateAfter', () => {
  it('is a time', async () => {
    await expect(start({ lateAfter: 'soon' })).rejects.toThrow(
      'start: lateAfter must be a time such as 20ms, not soon',
    )
  })
})
