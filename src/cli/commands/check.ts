/** `check`: every mistake in scenarios and recordings. */
import type { Command } from 'commander'
import { collect, masking } from './options.ts'

export function addCheck(program: Command): void {
  masking(program.command('check'))
    .description('report every mistake in scenarios and recordings; exit code 1 if there is any')
    .argument('<file...>', 'scenarios, recordings, or folders')
    .option('--secrets', 'look for secrets instead, in any text file; exit code 1 if there is any')
    .option('--allow <text>', 'with --secrets: this looks like a secret and is none', collect)
    .option('--fix', 'with --secrets: mask what is found in recordings')
    .option('--json', 'print the mistakes as JSON')
    .action(async (files, options, command) => {
      const { secrets, secret, redactEmails, allow, fix } = options
      if (secrets) {
        await (await import('../check-secrets.ts')).checkSecrets(files, options)
        return
      }
      if (secret || redactEmails || allow || fix) {
        command.error('stuntdouble: --secret, --redact-emails, --allow and --fix need --secrets')
      }
      await (await import('../check.ts')).check(files, options)
    })
}
