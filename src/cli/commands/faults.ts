/** `faults`: what can go wrong, by name. */
import type { Command } from 'commander'

export function addFaults(program: Command): void {
  program
    .command('faults')
    .description('list the faults and the profiles of faults, or say what one does')
    .argument('[name]', 'a fault or a profile')
    .option('--json', 'the same for programs')
    .action(async (name, options) => (await import('../faults.ts')).faults(name, options))
}
