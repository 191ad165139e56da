import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { launch, type Running, temporaryFolder } from './command.ts'

const folder = temporaryFolder()
const locked = join(folder, 'locked.yaml')
writeFileSync(locked, 'auth: { keys: [let-me-in] }\nrules: [{ reply: You are in. }]\n')
const upstream = 'http://127.0.0.1:9'

/** The request of the curl line, as a shell would read it. */
function curlRequest(stdout: string): Request {
  const command = stdout.slice(stdout.indexOf('curl -N ')).split('\n\n', 1)[0] ?? ''
  const [, url = ''] = command.match(/curl -N (\S+)/) ?? []
  const headers = [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  )
  const [, body = ''] = command.match(/-d '([^']+)'/) ?? []
  return new Request(url, { method: 'POST', headers, body })
}

const exported = ({ stdout }: Running): Record<string, string> =>
  Object.fromEntries(
    [...stdout.matchAll(/^ {2}export (.*)$/gm)].flatMap(([, group = '']) =>
      group.split(' ').map((pair) => pair.split('=', 2)),
    ),
  )

describe.concurrent('the banner', () => {
  it('of the demo names places that answer, and a request that works', async () => {
    await using demo = await launch('serve')
    expect(demo.firstLine).toBe(`stuntdouble listening on ${demo.url()}`)
    expect(demo.stdout).toMatch(/^Playing demo \(11 rules\):$/m)
    const places = [...demo.stdout.matchAll(/^ {2}(\S+) +POST (\S+)$/gm)]
    const names = places.map(([, name]) => name)
    expect(names).toContain('vanus')
    expect(new Set(names).size).toBe(names.length)
    const [, below = ''] = /^Who shares a path .* as at (\S+),$/m.exec(demo.stdout) ?? []
    for (const path of [below, ...places.map(([, , one = '']) => one)]) {
      const reply = await fetch(demo.url(path), { method: 'POST', body: '{}' })
      expect(reply.headers.get('x-stuntdouble-error'), path).not.toBe('no-route')
    }
    const { OPENAI_BASE_URL: base, OPENAI_API_KEY: key, ...others } = exported(demo)
    expect((await fetch(`${base}/models`)).status).toBe(200)
    expect(key).toBe('none')
    const urls = Object.values(others).filter((value) => value.includes('://'))
    for (const url of urls) expect(url.startsWith(demo.url())).toBe(true)
    const reply = await fetch(curlRequest(demo.stdout))
    expect(reply.headers.get('x-stuntdouble-rule')).toBe('demo/hello')
    expect(await reply.text()).toMatch(/data: \[DONE\]\n\n$/)
  })

  it('of a scenario that asks for keys has one that is good', async () => {
    await using serving = await launch('serve', locked)
    expect(serving.stdout).toMatch(/^Playing locked \(1 rule\):$/m)
    expect(exported(serving)['OPENAI_API_KEY']).toBe('let-me-in')
    expect((await fetch(curlRequest(serving.stdout))).status).toBe(200)
  })

  it('of record leaves the base path to the relay, and the key to the client', async () => {
    const out = join(folder, 'tapes/')
    await using recording = await launch('record', '--upstream', `${upstream}/v1`, '--out', out)
    expect(recording.firstLine).toBe(`stuntdouble listening on ${recording.url()}`)
    expect(exported(recording)).toEqual({ OPENAI_BASE_URL: recording.url() })
    expect(recording.stdout).toContain(`Taping ${upstream}/v1 into ${join(folder, 'tapes')}.\n`)
    expect(recording.stdout).toMatch(/^Afterwards: stuntdouble replay \S+tapes$/m)
  })

  it('of record --missing says who is asked first', async () => {
    const service = ['--upstream', upstream, '--out', join(folder, 'missing')]
    await using recording = await launch('record', '--missing', locked, ...service)
    expect(recording.stdout).toMatch(/^Playing locked \(1 rule\)\. What no rule answers goes on:$/m)
    expect(exported(recording)['OPENAI_BASE_URL']).toBe(recording.url('/v1'))
  })
})
