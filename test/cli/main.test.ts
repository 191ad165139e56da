import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, runForNobody, temporaryFolder } from './command.ts'

const folder = temporaryFolder()
const broken = join(folder, 'broken.yaml')
writeFileSync(broken, 'rules:\n  - reply: hello\n    tmes: 2\n')
const notTaped = join(folder, 'not-taped.jsonl')
writeFileSync(notTaped, '{"recording":1}\nnot json\n')
const nowhere = join(folder, 'nowhere')
const upstream = ['--upstream', 'http://127.0.0.1:9']

/** One message, nothing on stdout, and no stack. */
async function failure(args: string): Promise<{ code: number | null; message: string }> {
  const { code, stdout, stderr } = await run(args.split(' ').filter((word) => word !== ''))
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(stderr.match(/^stuntdouble: /gm)).toHaveLength(1)
  return { code, message: stderr }
}

describe.concurrent('wrong usage ends with code 2 and says what would be right:', () => {
  it.each([
    ['srve', /unknown command 'srve'\n\(Did you mean serve\?\)/],
    ['help srve', /unknown command 'srve'; did you mean "serve"\?/],
    ['serve --prot 1', /unknown option '--prot'\n\(Did you mean --port\?\)/],
    ['serve --port http', /'http' is invalid. It must be a whole number from 0 to 65535/],
    ['serve --port 65536', /whole number from 0 to 65535/],
    ['serve --seed 1.5', /'1.5' is invalid. It must be a whole number from 0/],
    ['serve --log-level loud', /Allowed choices are debug, info, warn, error, silent/],
    ['serve --dialect openai-caht -p 0', /dialect "openai-caht"; did you mean "openai-chat"\?/],
    ['serve --fault rest -p 0', /unknown fault "rest"; did you mean "reset"\?/],
    ['serve a.jsonl', /a.jsonl is a recording: play it with stuntdouble replay a.jsonl/],
    ['record', /required option '--upstream <url>' not specified/],
    ['record --upstream localhost:80 -p 0', /it is written as https:\/\/api.example.com/],
    [`record ${upstream.join(' ')} --missing`, /--missing needs the scenarios/],
    [`record ${upstream.join(' ')} ${broken}`, /only with --missing/],
    ['replay', /missing required argument 'recording'/],
    ['replay a.yaml', /a.yaml is a scenario: play it with stuntdouble serve a.yaml/],
    ['show scenarios/demo.yaml --rule helo', /rule "helo"; did you mean "hello"\?/],
    ['show one two', /Expected 1 argument but got 2/],
  ])('%s', async (args, message) => {
    expect(await failure(args)).toEqual({ code: 2, message: expect.stringMatching(message) })
  })

  it('replay with a pace that there is not', async () => {
    const recording = join(folder, 'taped.jsonl')
    writeFileSync(
      recording,
      [
        '{"recording":1,"by":"stuntdouble 0.1.0","at":"2026-11-22T10:00:00.000Z"}',
        '{"request":{"method":"GET","url":"http://h/","headers":[]}}',
        '{"atMs":1,"head":{"status":204,"headers":[]}}',
        '{"atMs":2,"end":"end"}\n',
      ].join('\n'),
    )
    const { code, message } = await failure(`replay ${recording} -p 0 --pace instnat`)
    expect({ code, message }).toEqual({ code: 2, message: expect.stringContaining('"instant"?') })
  })

  it('no command at all, which gets the help', async () => {
    const { code, stdout, stderr } = await run([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('serve [options] [scenario...]')
  })
})

describe.concurrent('work that fails ends with code 1 and says why:', () => {
  it.each([
    [`serve ${broken}`, /1 mistake:\n.*broken.yaml:3:5: .*did you mean "times"\?/],
    [`replay ${notTaped}`, /not-taped.jsonl:1:1: /],
    [`show ${nowhere}.jsonl`, /nowhere.jsonl:1:1: .*no such file/],
    [`record ${upstream.join(' ')} --out ${broken}`, /--out .*broken.yaml cannot be a folder/],
  ])('%s', async (args, message) => {
    expect(await failure(args)).toEqual({ code: 1, message: expect.stringMatching(message) })
  })

  it('a port that is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { code, message } = await failure(`serve --port ${port}`)
    taken.close()
    expect(code).toBe(1)
    expect(message).toContain(`Port ${port} on 127.0.0.1 is in use; choose another with --port`)
  })
})

describe.concurrent('help', () => {
  it.each([
    ['--help', 'Commands:'],
    ['help', 'Examples:'],
    ['serve --help', '--no-watch'],
    ['record --help', '--upstream <url>'],
    ['replay --help', '--pace <pace>'],
    ['check --help', '--json'],
    ['help show', '--events'],
  ])('of "%s" goes to stdout and ends with code 0', async (args, word) => {
    const { code, stdout, stderr } = await run(args.split(' '))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: stuntdouble/)
    expect(stdout).toContain(word)
  })

  it('is no failure when nobody reads it', async () => {
    const { code, stderr } = await runForNobody(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

it('--version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})
