/** Tables: too wide ones scroll by themselves, and leave the page where it is. */
import { type Content, html, type Markup } from "./markup.js";

/**
 * @param name for those who do not see it
 * @param rows their first cells are heads
 */
export function tableOf(name: string, heads: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  const isText = heads.map((_, column) => rows.some((row) => !isNumber(row[column])));
  const side = (column: number) => (isText[column] ? html` class="t"` : null);
  const body = rows.map(([first, ...cells]) => {
    const own = cells.map((cell, at) => html`<td${side(at + 1)}>${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${own}</tr>`;
  });
  return html`<div class="wide" role="region" tabindex="0" aria-label="${name}"><table>
    <thead><tr>${heads.map((head, at) => html`<th scope="col"${side(at)}>${head}</th>`)}</tr></thead>
    <tbody>${body}</tbody></table></div>`;
}

/** Numbers stand to the right, with whatever stands behind them; words do not. */
function isNumber(content: Content): boolean {
  return (
    typeof content === "number" ||
    (typeof content === "string" && /^($|[-+−–<]|[\d,.]+ ?(%|to|h|m|s|:|$))/.test(content))
  );
}
