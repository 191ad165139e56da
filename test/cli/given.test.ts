/** What is given on a command line, and the help on faults, without a process of their own. */
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addPlan } from '../../src/cli/commands/plan.ts'
import { addServe } from '../../src/cli/commands/serve.ts'
import { helpOfKind } from '../../src/cli/fault-help.ts'
import { about } from '../../src/cli/faults.ts'
import { checkGiven } from '../../src/cli/given.ts'
import { planText } from '../../src/cli/plan.ts'
import { usualKinds } from '../../src/faults/plan-draw.ts'
import { faultKinds, faultNames, faultSchema } from '../../src/faults/registry.ts'

function serveWith(words: readonly string[]): Record<string, unknown> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  addServe(program)
  const serve = program.commands[0]
  if (!serve) throw new Error('no serve')
  serve.exitOverride().action(() => {})
  program.parse(['node', 'stuntdouble', 'serve', ...words])
  return serve.opts()
}

describe('options that are given several times', () => {
  it('are all kept: --fault and --limit', () => {
    const words = ['--fault', 'delay=1s', '--fault', 'refuse', '--limit', '3rpm', '--limit', '9tpm']
    expect(serveWith(words)).toMatchObject({
      fault: ['delay=1s', 'refuse'],
      limit: ['3rpm', '9tpm'],
    })
  })

  it('are refused where one alone can hold: --plan', () => {
    expect(() => serveWith(['--plan', 'a.yaml', '--plan', 'b.yaml'])).toThrow(/can be given once/)
  })
})

describe('a mistake on the command line', () => {
  it.each<[Parameters<typeof checkGiven>[0], string | RegExp]>([
    [{ fault: ['refuse', 'reset'] }, /^--fault: reset\.at: needs a place where it acts/],
    [{ fault: ['rset', 'hng'] }, /^--fault: unknown fault "rset".*\n--fault: unknown fault "hng"/],
    [{ limits: ['foo'] }, /^--limit: expected a limit such as 3rpm.*found "foo"$/],
    [{ limits: ['foo', '3rpm', 'bar'] }, /^--limit: .*"foo"\n--limit: .*"bar"$/],
    [{ limits: ['3rpm', '3rpm'] }, '--limit: two are named "3rpm"; names must differ'],
    [{ limits: ['{ request: 3 }'] }, '--limit: unknown key "request"; did you mean "requests"?'],
  ])('names its option: %j', (options, message) => {
    expect(() => checkGiven(options)).toThrow(message)
  })

  it('is none where a limit is given in full', () => {
    const { limits } = checkGiven({
      limits: ['3rpm', '{ "concurrent": 1, "queue": { "length": 2 } }'],
    })
    expect(limits).toEqual(['3rpm', { concurrent: 1, queue: { length: 2 } }])
  })
})

describe('the help on a fault', () => {
  it('tells of options, place, an example in both forms, and the page', () => {
    const text = [...about('reset')].join('\n')
    for (const part of [
      /^ {2}at +Where .* Needed\.$/m,
      /^ {2}after +\S/m,
      /^ {2}probability +\S/m,
      'It needs a place: { frame: 4 }',
      'In YAML:  - reset: { at: { frame: 4 } }',
      'As text:  reset; at=frame:4',
      'docs/faults.md#reset',
    ]) {
      expect(text).toMatch(part)
    }
    expect([...about('error')].join('\n')).toContain('It takes no place.')
    expect([...about('flaky-mobile')].join('\n')).toMatch(/^ {2}strength +\S/m)
  })

  it.each(faultKinds)('has an example of $name that can be read', (kind) => {
    const { example, text } = helpOfKind(kind)
    for (const written of [example, text]) {
      expect(faultSchema.parse(written)).toMatchObject({ kind: kind.name })
    }
  })

  it('knows every name', () => {
    for (const name of faultNames) expect([...about(name)][0]).toMatch(`${name}: `)
    expect(() => [...about('rset')]).toThrow('unknown fault "rset"; did you mean "reset"?')
  })
})

describe('a plan that is drawn', () => {
  it('refuses for a profile what is for kinds alone', () => {
    const asked = { seed: 1, requests: 2, profile: 'satellite' }
    for (const more of [{ often: '1' }, { frames: '1-2' }, { bytes: '1' }, { longest: '1s' }]) {
      const [name] = Object.keys(more)
      expect(() => planText({ ...asked, ...more })).toThrow(
        `--${name} is for faults drawn from --kinds; a profile has its own chances`,
      )
    }
    expect(planText({ ...asked, kinds: 'reset', often: '1' })).toContain('reset:')
  })

  it('is printed without anchors', () => {
    const text = planText({ seed: 1, requests: 6, profile: 'proxy-that-buffers' })
    expect(text).toContain('window: 1s')
    expect(text).not.toMatch(/[&*]a\d/)
  })

  it('says in its help which kinds are usual', () => {
    const program = new Command()
    addPlan(program)
    const help = program.commands[0]?.helpInformation().replaceAll(/\s+/g, '') ?? ''
    expect(help).toContain(`(default:${usualKinds.join(',')})`)
  })
})
