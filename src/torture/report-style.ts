/** How the page of a report looks, by day and by night. */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#1c1e21;--quiet:#6b7280;--line:#e3e5e8;--paper:#fff;--good:#15803d;--bad:#b91c1c;--goodback:#dcfce7;--badback:#fee2e2;--bar:#cbd5e1;--mark:#2563eb}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--quiet:#9ca3af;--line:#30343b;--paper:#15171a;--good:#4ade80;--bad:#f87171;--goodback:#14321f;--badback:#3b1a1a;--bar:#3d4654;--mark:#60a5fa}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1100px;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
h1 span,summary span.bad{font-size:.8em;padding:.1em .5em;border-radius:.4em}
h1 .good,td.good{color:var(--good);background:var(--goodback)}
h1 .bad,td.bad,summary .bad{color:var(--bad);background:var(--badback)}
.quiet,.none{color:var(--quiet)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem;margin:1rem 0}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right;font-weight:400}
th{color:var(--quiet)}th[scope=row],th:first-child,td:first-child{text-align:left;color:var(--ink)}
table.all{width:100%}table.all td:last-child,table.all th:last-child{text-align:left}
details{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .9rem;margin:.5rem 0}
summary{cursor:pointer}code,pre{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
pre{background:color-mix(in srgb,var(--line) 45%,transparent);padding:.6rem .8rem;border-radius:.4rem}
svg{width:100%;height:auto;font:11px system-ui,sans-serif}svg text{fill:var(--quiet)}
.answer{fill:var(--bar)}.client{fill:color-mix(in srgb,var(--mark) 30%,transparent)}
.head,.write{fill:var(--mark)}.end,.over{fill:var(--good)}.close,.reset,.hang,.stopped{fill:var(--bad)}.request{fill:var(--ink)}
`
