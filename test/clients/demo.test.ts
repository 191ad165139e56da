/** The shipped demo answers every dialect: what each vendor's SDK makes of it, without its pacing. */
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { type Double, start } from '../../src/index.ts'
import { read } from '../docs/pages.ts'
import { readers } from './readers/index.ts'

const scenario = z.looseObject({}).parse(parse(read('scenarios/demo.yaml')))

const demo = (): Promise<Double> => start({ scenarios: [{ ...scenario, pacing: 'instant' }] })

describe.concurrent.each(readers.map((reader) => [reader.dialect, reader] as const))(
  'the demo in %s',
  (_, reader) => {
    const ask = (double: Double, user: string) =>
      reader.ask(double.url(), { user, stream: true, tools: /weather/.test(user) })

    it('greets, thinks aloud and says more than ASCII', async () => {
      await using double = await demo()
      expect((await ask(double, 'hello')).text).toContain('I am a stunt double')
      const thought = await ask(double, 'Please think.')
      // Where thoughts have no place of their own, some services say them in the text.
      expect(thought.text).toMatch(/I have thought about it, and the answer is 42\.$/)
      if (reader.says.reasoning) expect(thought.reasoning).toContain('First the thoughts')
      expect((await ask(double, 'long')).text).toContain('é, 漢字, 🙂 and 👩‍👩‍👧 must')
    })

    it('calls a tool, where the format has any', async () => {
      await using double = await demo()
      const { calls, text } = await ask(double, 'What is the weather in São Paulo?')
      const call = { name: 'get_weather', arguments: { city: 'São Paulo', unit: 'celsius' } }
      if (reader.says.calls || calls.length > 0) expect(calls).toEqual([call])
      else expect(text).toContain('You said')
    })

    it('refuses in the form for it, or answers as it answers anything', async () => {
      await using double = await demo()
      const { refusal, text } = await ask(double, 'be rude')
      if (reader.says.refusal) expect(refusal).toBe('I will not do that.')
      else expect(text).toContain('You said: "be rude".')
    })

    it('refuses the first try of a session, and answers the second', async () => {
      await using double = await demo()
      await expect(ask(double, 'rate limit')).rejects.toThrow()
      expect((await ask(double, 'rate limit')).text).toContain('You said: "rate limit".')
    })

    it('fails in the middle, and breaks in the middle', async () => {
      await using double = await demo()
      const failed = ask(double, 'error')
      if (reader.errorInStream === 'success') await failed
      else await expect(failed).rejects.toThrow()
      await expect(ask(double, 'cut')).rejects.toThrow()
      expect(double.journal.at(-1)?.faults).toMatchObject([{ kind: 'reset' }])
    })
  },
)
