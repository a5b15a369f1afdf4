/* How a page looks. Figures are drawn for white paper: on a dark page they are inverted, which makes white #1a1a1a, the
 * page's own ground; turning the hues back keeps their order. Contrasts of text are at least 4.5 to 1 (WCAG 2.1,
 * criterion 1.4.3). */
#include "style.h"
#include <stddef.h>

const char *const report_style[] = {
    ":root{color-scheme:light dark;--ground:#fff;--ink:#1c1c1e;--pale:#5c5f66;--rule:#d9dce1;--tint:#f4f6f8;"
    "--broken:#b3261e;--doubtful:#8a5a00;--good:#1a6b3c;--link:#0b57a4}",
    "@media "
    "(prefers-color-scheme:dark){:root{--ground:#1a1a1a;--ink:#e6e6e6;--pale:#a3a7ae;--rule:#3a3d42;--tint:#242628;"
    "--broken:#ff8a80;--doubtful:#f2c14e;--good:#7bd88f;--link:#8ab8f0}figure svg{filter:invert(.9) "
    "hue-rotate(180deg)}}",
    "*{box-sizing:border-box}html{scroll-behavior:smooth}",
    "@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}",
    "body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--ground);color:var(--ink);"
    "font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",Helvetica,Arial,sans-serif;overflow-wrap:break-word}",
    "h1{font-size:1.75rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.4rem;line-height:1.25;margin:0}"
    "h3{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.5rem 0}",
    "a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}",
    ".skip,.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}",
    ".skip:focus{position:static;width:auto;height:auto;clip-path:none}",
    "nav ul{list-style:none;margin:.5rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}",
    "article{border-top:3px solid var(--ink);margin-top:3rem;padding-top:1rem}",
    "footer,.pale,figcaption,caption{color:var(--pale)}footer{border-top:1px solid var(--rule);margin-top:3rem}",
    ".broken{color:var(--broken);font-weight:600}.doubtful{color:var(--doubtful);font-weight:600}"
    ".good{color:var(--good);font-weight:600}",
    ".scroll{overflow-x:auto;margin:.75rem 0}",
    "table{border-collapse:collapse;font-size:.875rem}caption{text-align:left;padding:.25rem 0;font-size:.875rem}",
    "th,td{text-align:left;padding:.2rem .75rem .2rem 0;white-space:nowrap;vertical-align:baseline;font-weight:400}",
    "thead th{vertical-align:bottom;font-weight:600}thead tr:last-child>*,thead [rowspan]{border-bottom:1px solid "
    "var(--ink)}",
    "thead th[colspan]{text-align:center;border-bottom:1px solid var(--rule)}.wide{white-space:normal;min-width:16rem}",
    "tbody tr:nth-child(even){background:var(--tint)}.n{text-align:right;font-variant-numeric:tabular-nums}",
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;align-items:"
    "start}",
    "figure{margin:0;min-width:0}figure svg{display:block;max-width:100%;height:auto}figcaption{font-size:.875rem}",
    "[hidden]{display:none}.moment{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:center}"
    ".moment[hidden]{display:none}.moment input{flex:1 1 16rem;accent-color:var(--link)}"
    ".moment span{flex:1 1 100%;font-size:.875rem;font-variant-numeric:tabular-nums}",
    "details{margin:.75rem 0}summary{cursor:pointer;color:var(--link)}",
    "dl{margin:.5rem 0}dl>div{display:flex;gap:.25rem 1rem;flex-wrap:wrap}dt{flex:0 0 6rem;color:var(--pale)}"
    "dd{margin:0;flex:1 1 10rem;min-width:0}",
    "pre{overflow-x:auto;background:var(--tint);padding:.5rem .75rem;margin:.75rem 0;font-size:.875rem;line-height:1.4}"
    "code,pre{font-family:ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace}ins,del{text-decoration:none}"
    "ins{color:var(--good)}del{color:var(--broken)}",
    ".finding{border-left:4px solid var(--doubtful);padding-left:.75rem;margin:1rem "
    "0}.finding.severe{border-color:var(--broken)}"
    ".finding h4{margin:0;font-size:1rem}",
    "@media print{body{max-width:none}.skip,nav{display:none}}",
    NULL};
