/** Tables in text files: CSV with commas, semicolons or tabs, as programs of the world write it. */
import { CsvError, parse } from "csv-parse/sync";
import { invalidData } from "../../../core/index.js";

/**
 * Rows of one length, blank lines left out. Fields may stand in quotes, lines may end in any way, and a byte order mark is passed over.
 *
 * @throws FGKD_INVALID_DATA for a quote that does not end, and a row of another length
 */
export function parseCsv(path: string, text: string): readonly (readonly string[])[] {
  try {
    return parse(text, {
      bom: true,
      skip_empty_lines: true,
      relax_quotes: true,
      trim: true,
      delimiter: delimiterOf(text),
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const isOpen = error.code === "CSV_QUOTE_NOT_CLOSED";
    const problem = isOpen ? "a quote that does not end" : error.message.split("\n")[0];
    throw invalidData(
      path,
      `line ${error.lines}: ${problem}`,
      "Fields with commas or quotes in them need double quotes.",
    );
  }
}

/** Whichever the first line has most of. */
function delimiterOf(text: string): string {
  const [first = ""] = /[^\r\n]+/.exec(text.slice(0, 65_536)) ?? [];
  const count = (mark: string) => first.split(mark).length;
  return [",", ";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}
