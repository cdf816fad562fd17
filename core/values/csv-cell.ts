/** What commands write for spreadsheets and programs alike (RFC 4180). */

/**
 * A text as spreadsheets read it back: in quotes where it has any, a comma or the end of a line. One that a spreadsheet would
 * compute (a file called `=HYPERLINK(…)`) begins with an apostrophe: a name stays a name.
 */
export function csvCell(text: string): string {
  const name = /^\s*[=+\-@＝＋－＠]|^[\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
