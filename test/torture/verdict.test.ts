/** What is thought of a client, by tables: no client is run here. */
import { describe, expect, it } from 'vitest'
import { namePattern } from '../../src/sweep/names.ts'
import { allowedBy } from '../../src/torture/allow.ts'
import { parseBudget } from '../../src/torture/budget.ts'
import { comparing, differenceOf } from '../../src/torture/output.ts'
import { clientLines } from '../../src/torture/report-text.ts'
import { pausesOf, type Seen, type SeenRequest } from '../../src/torture/seen.ts'
import { stormOf } from '../../src/torture/storm.ts'
import { judge, type Verdict } from '../../src/torture/verdict.ts'

const request = (atMs: number, more: Partial<SeenRequest> = {}): SeenRequest => ({
  atMs,
  method: 'POST',
  path: '/v1/chat/completions',
  key: 'same',
  rule: 'demo/hello',
  status: 200,
  ms: 10,
  ended: 'end',
  bytes: 0,
  faults: [],
  toldMs: undefined,
  error: undefined,
  ...more,
})

const seen = (more: Partial<Seen> = {}): Seen => {
  const stdout = more.stdout ?? 'One two three four.\n'
  return {
    exit: 0,
    signal: null,
    stdout,
    stdoutBytes: Buffer.byteLength(stdout),
    stderr: '',
    ms: 100,
    requests: [request(0)],
    stopped: undefined,
    ...more,
  }
}

const clean = seen()
const standard = { clean, comparing: comparing(clean.stdout, clean.stdout), limitMs: 10_000 }
const many = (count: number, gapMs = 0): SeenRequest[] =>
  Array.from({ length: count }, (_, at) => request(at * (10 + gapMs)))

describe('a client that', () => {
  it.each<[what: string, showed: Partial<Seen>, verdict: Verdict]>([
    ['prints the same', {}, 'same output'],
    ['prints the same but for a line end', { stdout: 'One two three four.' }, 'same output'],
    ['fails by itself', { exit: 1, stdout: '' }, 'clean error'],
    ['fails after half of the output', { exit: 3, stdout: 'One two' }, 'clean error'],
    ['was ended by a shell on SIGTERM of its own', { exit: 143 }, 'clean error'],
    ['succeeds with nothing', { stdout: '' }, 'silent truncation'],
    ['succeeds with the beginning', { stdout: 'One two th\n' }, 'silent truncation'],
    ['succeeds without a piece', { stdout: 'One four.\n' }, 'silent truncation'],
    ['succeeds without several words', { stdout: 'One three\n' }, 'silent truncation'],
    ['succeeds with words twice', { stdout: 'One two two three four.\n' }, 'wrong output'],
    ['succeeds with an error as its output', { stdout: 'Error!\n' }, 'wrong output'],
    ['had to be stopped', { stopped: 'limit', exit: null, signal: 'SIGTERM' }, 'hang'],
    ['had to be stopped and then failed', { stopped: 'limit', exit: 1 }, 'hang'],
    ['had to be stopped and then succeeded', { stopped: 'limit' }, 'hang'],
    ['was killed by a signal', { exit: null, signal: 'SIGSEGV' }, 'crash'],
    ['was killed within a shell', { exit: 139 }, 'crash'],
    ['was aborted within a shell', { exit: 134 }, 'crash'],
    ['asked without end', { requests: many(22), stopped: 'storm', exit: null }, 'retry storm'],
    ['asked too often and then succeeded', { requests: many(12) }, 'retry storm'],
    ['asked at one pace and then failed', { requests: many(5), exit: 1 }, 'retry storm'],
    [
      'asked at one pace until it was stopped',
      { requests: many(6), stopped: 'limit' },
      'retry storm',
    ],
    ['tried three times more', { requests: many(4), exit: 1 }, 'clean error'],
  ])('%s', (_, showed, verdict) => {
    expect(judge(seen(showed), standard).verdict).toBe(verdict)
  })

  it('ran out of memory is told so', () => {
    const stderr = 'FATAL ERROR: Reached heap limit - JavaScript heap out of memory'
    const { verdict, why } = judge(seen({ exit: 134, stderr }), standard)
    expect({ verdict, why }).toEqual({ verdict: 'crash', why: 'killed by SIGABRT, out of memory' })
  })

  it('ran out of memory is shown by the line that says so, however long the stack behind it', () => {
    const fatal = 'FATAL ERROR: Reached heap limit - JavaScript heap out of memory'
    const stack = Array.from({ length: 20 }, (_, at) => ` ${at}: 0xb0 node::Abort()`)
    const lines = clientLines(seen({ exit: 134, stderr: [fatal, ...stack].join('\n') }))
    expect(lines).toContain(`    stderr  ${fatal}`)
    expect(lines.at(-1)).toBe('    stderr   19: 0xb0 node::Abort()')
  })

  it('was not done in time is told how long it had', () => {
    const { why } = judge(seen({ stopped: 'limit', ms: 10_234 }), standard)
    expect(why).toBe('not done within 10.0 s, and had to be stopped')
  })

  it.each([
    ['Node.js', 'SyntaxError: x\n    at y\n\nNode.js v20.20.2\n'],
    ['Python', 'Traceback (most recent call last):\n  File "x", line 1\nValueError\n'],
  ])('dies of an exception in %s ends in a clean error, with a note', (_, stderr) => {
    const judged = judge(seen({ exit: 1, stdout: '', stderr }), standard)
    expect(judged.verdict).toBe('clean error')
    expect(judged.notes).toEqual(['by an exception that nobody caught'])
  })

  it('comes back too soon is told so', () => {
    const hasty = [request(0, { status: 429, toldMs: 2000 }), request(300)]
    expect(judge(seen({ requests: hasty }), standard).notes).toEqual([
      'came back after 290 ms, sooner than retry-after said',
    ])
  })
})

describe('requests are', () => {
  const spaced = (pauses: readonly number[], more: Partial<SeenRequest> = {}): SeenRequest[] => {
    let atMs = 0
    return [0, ...pauses].map((pause) => {
      atMs += pause + 10
      return request(atMs, more)
    })
  }

  it.each([
    ['no storm where the pauses double', spaced([500, 1000, 2000, 4000]), false],
    ['a storm where the pauses stay', spaced([500, 500, 500, 500]), true],
    ['a storm where there are no pauses', spaced([0, 0, 0, 0]), true],
    ['no storm where there are three retries', spaced([0, 0, 0]), false],
    [
      'no storm where the server asked for those pauses',
      spaced([1000, 1000, 1000, 1000], { toldMs: 1000 }),
      false,
    ],
    [
      'a storm where they are sooner than it asked',
      spaced([100, 100, 100, 100], { toldMs: 1000 }),
      true,
    ],
    [
      'a storm however they are spaced, where they are too many',
      spaced(Array.from({ length: 11 }, (_, n) => 2 ** n)),
      true,
    ],
  ])('%s', (_, requests, isStorm) => {
    expect(stormOf(requests, [request(0)]) !== undefined).toBe(isStorm)
  })

  it('not retries of each other where they ask different things', () => {
    const turns = many(8).map((one, at) => ({ ...one, key: `turn ${at}` }))
    expect(stormOf(turns, turns.slice(0, 1))).toBeUndefined()
    expect(pausesOf(turns)).toEqual([])
  })
})

describe('output is compared', () => {
  it.each([
    ['as it is', 'a\nb\n', 'a\nb\n', 'all'],
    [
      'without the port of the server',
      'at http://127.0.0.1:40001/',
      'at http://127.0.0.1:40002/',
      'all',
    ],
    ['without times', 'done in 41 ms', 'done in 38 ms', 'without times and ids'],
    ['without numbers', 'run 4711: ok', 'run 4712: ok', 'without numbers'],
    ['by the lines that stay', 'answer: yes\nseed abc', 'answer: yes\nseed xyz', 'stable lines'],
    ['not at all', 'abc', 'xyz', 'nothing'],
  ])('%s', (_, first, second, by) => {
    const { by: chosen, view } = comparing(first, second)
    expect(chosen).toBe(by)
    expect(view(first)).toBe(view(second))
  })

  it('without what the user masks', () => {
    const masks = [/id=\w+/g]
    expect(comparing('id=ab text', 'id=cd text', masks).by).toBe('all')
  })

  it('so that a lost line is seen among lines that change', () => {
    const { view } = comparing('answer: yes\nend\nseed abc', 'answer: yes\nend\nseed xyz')
    expect(differenceOf(view('answer: yes\nseed fgh'), view('answer: yes\nend\nseed abc'))).toBe(
      'less',
    )
  })
})

describe('by itself', () => {
  const allowed = allowedBy(undefined)
  it.each<[Verdict, 'same' | 'error' | 'either', boolean]>([
    ['same output', 'same', true],
    ['clean error', 'same', false],
    ['same output', 'error', true],
    ['clean error', 'error', true],
    ['silent truncation', 'error', false],
    ['wrong output', 'error', false],
    ['silent truncation', 'either', true],
    ['wrong output', 'either', true],
    ['hang', 'either', false],
    ['crash', 'either', false],
    ['retry storm', 'error', false],
  ])('%s, where a right client makes it %s, is allowed: %s', (verdict, expected, isAllowed) => {
    expect(allowed({ name: 'x', verdict, expect: expected })).toBe(isAllowed)
  })

  it('nothing is allowed that --allow leaves out', () => {
    const only = allowedBy(['same-output', 'hang:cut/*'])
    const ask = (name: string, verdict: Verdict) => only({ name, verdict, expect: 'either' })
    expect(ask('split/byte-1', 'same output')).toBe(true)
    expect(ask('cut/hang/frame-1', 'hang')).toBe(true)
    expect(ask('stall/frame-1', 'hang')).toBe(false)
    expect(ask('cut/end/frame-1', 'clean error')).toBe(false)
  })

  it('--allow suggests the verdict that was meant', () => {
    expect(() => allowedBy(['hangs'])).toThrow(
      '--allow: no verdict is "hangs"; did you mean "hang"?',
    )
  })

  it.each([
    ['200', { runs: 200 }],
    ['60s', { ms: 60_000 }],
    ['all', {}],
  ])('a budget of %s is understood', (written, budget) => {
    expect(parseBudget(written)).toEqual(budget)
  })

  it.each(['0', '-1', 'soon', '1.5', '60x'])('a budget of %s is refused', (written) => {
    expect(() => parseBudget(written)).toThrow('--budget must be a number of runs')
  })

  it.each([
    ['cut/*', 'cut/reset/frame-4', true],
    ['cut/*/frame-?', 'cut/reset/frame-4', true],
    ['cut', 'cut/reset/frame-4', true],
    ['cut/reset/', 'cut/reset/frame-4', true],
    ['cut/reset/frame-4', 'cut/reset/frame-4', true],
    ['cut/reset/frame-4', 'cut/reset/frame-40', false],
    ['http', 'http-html/500', false],
    ['a.b', 'axb', false],
  ])('the name %s fits %s: %s', (glob, name, fits) => {
    expect(namePattern(glob)(name)).toBe(fits)
  })
})
