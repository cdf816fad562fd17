/** How the page looks: light and dark, on a phone and on a desk. */

/** Colours that are told apart on white and on black, also by those who see fewer of them. */
const light = "#0b62c4 #c2410c #15803d #8b2fc9 #a16207 #0e7490 #be185d #57534e".split(" ");
const dark = "#6cb2ff #ff9d66 #6fd08c #c69bff #f0c05a #5fd3e6 #ff8ac0 #b8b2ab".split(" ");

const palette = (colours: readonly string[]) => colours.map((colour, at) => `$s${at}:${colour};`).join("");

/** As it stands in the head; a dollar begins the name of a colour, as two dashes do in CSS. */
export const style = `
:root{color-scheme:light dark;$paper:#fff;$ink:#1a1d21;$dim:#5b6470;$line:#d9dee5;$soft:#f4f6f9;$bar:#7fb0e6;$mark:#b45309;${palette(light)}}
@media (prefers-color-scheme:dark){:root{$paper:#14171b;$ink:#e8eaed;$dim:#a2abb7;$line:#363d46;$soft:#1d2126;$bar:#3d6fa8;$mark:#f0b35a;${palette(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var($paper);color:var($ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:1240px;margin:0 auto;padding:16px}
h1{font-size:1.7rem;margin:0 0 8px;line-height:1.2}h2{font-size:1.25rem;margin:0 0 10px}h3{font-size:1.05rem;margin:18px 0 8px}h4{font-size:1rem;margin:0;font-weight:600}
header p{margin:0}section{margin:28px 0;padding-top:18px;border-top:1px solid var($line)}
p{max-width:75ch;margin:0 0 12px}.dim{color:var($dim)}p.dim,figcaption .dim{font-size:.875rem}.number{font-size:1.6rem}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:8px 24px;margin:0}
.facts div{min-width:0}.facts dt{color:var($dim);font-size:.875rem}.facts dd{margin:0}
.notices{margin:0;padding:12px 12px 12px 30px;background:var($soft);border-left:4px solid var($mark)}.notices li+li{margin-top:6px}
.wide{overflow-x:auto;max-width:100%;margin:0 0 12px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:5px 14px 5px 0;text-align:right;border-bottom:1px solid var($line);white-space:nowrap;vertical-align:top}
th:first-child,.t{text-align:left}thead th{color:var($dim);font-weight:500}tbody th{font-weight:500}
.settings td,#settings td,#settings th{text-align:left;white-space:normal}
.charts{display:flex;flex-wrap:wrap;gap:20px 28px;align-items:flex-start}
.verdicts td:last-child{white-space:normal;min-width:36ch}.verdicts tbody th{white-space:normal;min-width:18ch}
figure{margin:0}.charts svg{display:block;max-width:100%;height:auto}.charts figure{width:342px;max-width:100%}
.charts figcaption{padding-left:6px}
.legend{list-style:none;margin:4px 0 0;padding:0;font-size:.875rem}.legend li{display:flex;gap:8px;align-items:baseline}.legend b{margin-left:auto;font-weight:500;white-space:nowrap}
.legend i{flex:none;width:18px;height:0;border-top:3px solid;transform:translateY(-4px)}.legend .dashed{border-top-style:dashed}
${light.map((_, at) => `.c${at}{color:var($s${at})}`).join("")}
details{margin:12px 0}summary{cursor:pointer;padding:4px 0}summary h2{display:inline;font-size:1.15rem}
details.run{border-top:1px solid var($line);margin:20px 0 0;padding-top:12px}details.run section{border:0;margin:12px 0;padding:0}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,560px),1fr));gap:18px 28px}
.pair{min-width:0}.pair p{margin:0 0 6px}.sides{display:flex;flex-wrap:wrap;gap:8px 14px}
.row{display:flex;flex-wrap:wrap;gap:8px}.other{padding-left:14px;border-left:2px solid var($line)}
.card{width:104px;font-size:.8rem;line-height:1.3}.card img,.card .none{display:block;width:104px;height:104px;object-fit:contain;border-radius:4px;background:var($soft);margin-bottom:4px}
.card .none{display:grid;place-items:center;color:var($dim);border:1px dashed var($line)}.card .dim{font-size:.72rem}.card .place{display:block}
.hard{gap:14px}.hard .card{width:132px}.hard .card img,.hard .card .none{width:132px;height:132px}
@media (max-width:420px){.hard .card,.hard .card img,.hard .card .none{width:108px}.hard .card img,.hard .card .none{height:108px}.other{padding-left:8px}}
@media print{details{display:block}.charts figure,.pair,.card{break-inside:avoid}}
`.replaceAll("$", "--");
