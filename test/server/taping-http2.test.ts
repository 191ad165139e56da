/** A service over HTTP/2 is taped for a client over HTTP/1.1, and replayed to it as it was. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import { data, h2cUrl, h2Upstream, internalError, ok, reset } from '../sources/h2-upstream.ts'
import type { Act } from '../sources/raw-upstream.ts'
import { type RawReply, rawRequest } from '../support/raw-client.ts'

const character = Buffer.from('data: 漢\n\n')

const cases: readonly (readonly [string, readonly Act[], Partial<RawReply>])[] = [
  [
    'a whole stream, a character cut in two',
    [ok, data(character.subarray(0, 7)), 'pause', data(character.subarray(7)), data('', 'last')],
    { complete: true },
  ],
  [
    'a reset',
    [ok, data('data: 1\n\n'), 'pause', reset(internalError)],
    { complete: false, socket: 'rst' },
  ],
  ['a FIN', [ok, data('data: 1\n\n'), 'pause', 'FIN'], { complete: false, socket: 'fin' }],
]

describe('over HTTP/2, what was taped is replayed to a client as it first saw it', () => {
  it.each(cases)('%s', async (_, acts, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
    const upstream = await h2Upstream(acts)
    const ask = async (port: number): Promise<object> => {
      const { headers, ...reply } = await rawRequest({ port, path: '/v1/odd', body: {} })
      return { ...reply, type: headers['content-type'] }
    }
    try {
      const recorder = await start({ upstream: h2cUrl(upstream), tapes: folder })
      const live = await ask(recorder.port)
      await recorder.close()
      await using replayer = await start({ recordings: [folder] })
      expect(await ask(replayer.port)).toEqual(live)
      expect(live).toMatchObject({ ...expected, status: 200, type: 'text/event-stream' })
    } finally {
      await upstream.close()
      rmSync(folder, { recursive: true })
    }
  })
})
