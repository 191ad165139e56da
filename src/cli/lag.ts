/** `--report-lag`: what is told at the end of how far streams kept to their schedules. */
import type { LagReport } from '../server/lag/lag-report.ts'
import { lagTable } from '../server/lag/lag-table.ts'
import { print } from './print.ts'
import { hasUnicode, terminalColumns, wantsColor } from './terminal.ts'

export const printLag = (report: LagReport): Promise<void> =>
  print(
    lagTable(report, {
      columns: terminalColumns(),
      unicode: hasUnicode(),
      color: wantsColor(),
    }),
  )
