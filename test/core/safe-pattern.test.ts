import { describe, expect, test } from 'vitest'
import { readPattern } from '../../src/core/safe-pattern.ts'

/** Known to the machine, and not yet to the compiler's target. */
const setsFlag = 'v'

describe('patterns that users bring', () => {
  test.each([
    /cust-\d{6}/,
    /\b\d{3}-\d{2}-\d{4}\b/,
    /acme_[a-z0-9]{32}/i,
    /\w+@\w+\.\w+/,
    /key\s*[:=]\s*"([^"]*)"/,
    /(?:[a-z]+-)+[0-9]+/,
    /(?:foo|far|bar)+x/,
    /(?<=id=)[^&\s]+/,
    /(['"])\w{8}\1/,
    /[äöü]\p{L}{3,9}/u,
    /[\]\\-]{3}x{2,}?/,
  ])('%s can be used', (pattern) => {
    const read = readPattern(pattern)
    if ('problem' in read) throw new Error(read.problem)
    expect(read.regex.flags).toContain('g')
    expect(read.longest).toBeLessThanOrEqual(4096)
  })

  test.each([
    [/(a+)+b/, /repeats a repetition/],
    [/(?:\w+\s?)+$/, /repeats a repetition/],
    [/(?:\d{1,3},?)+x/, /repeats a repetition/],
    [/(a|aa)+b/, /choice of which two can begin alike/],
    [/(?:\d|\w)+b/, /choice of which two can begin alike/],
    [/(a?){30}a{30}/, /can be empty/],
    [/.*=.*;/, /two of its long repetitions/],
    [/\d+\d+x/, /two of its long repetitions/],
    [/a*/, /matches the empty text/],
    [/a|/, /matches the empty text/],
    [RegExp('a+', setsFlag), /flag v/],
  ])('%s is refused, with what would be right', (pattern, problem) => {
    expect(readPattern(pattern)).toEqual({ problem: expect.stringMatching(problem) })
  })

  test.each([
    [/cust-\d{6}/, 'x cust-123456 y', 'cust-123456'],
    [/a+/, `x${'a'.repeat(300)}y`, 'a'.repeat(300)],
    [/k=(\w+?);/, 'k=abc;', 'k=abc;'],
    [/x{2,}/, 'axxxb', 'xxx'],
  ])('%s still finds what it says', (pattern, text, found) => {
    const read = readPattern(pattern)
    if ('problem' in read) throw new Error(read.problem)
    expect(read.regex.exec(text)?.[0]).toBe(found)
  })

  test('what it can be made of, and how long it can be, is known', () => {
    const read = readPattern(/ab[0-9]{2,4}(?:x|yz)/)
    if ('problem' in read) throw new Error(read.problem)
    expect(read.needs).toEqual(['a', 'b'])
    const characters = [...read.made].map((code) => String.fromCharCode(code)).join('')
    expect([read.longest, characters, [...read.first]]).toEqual([8, '0123456789abxyz', [97]])
  })

  test('a pattern that is allowed is quick on what fits it nowhere', () => {
    const hostile = `${'a'.repeat(20_000)}!`
    const read = readPattern(/a+@b/)
    if ('problem' in read) throw new Error(read.problem)
    expect(read.regex.exec(hostile)).toBeNull()
  })
})
