/** Numbers and names as people read them, on a terminal and on a page. */

/** `8s`, `1m 20s`, `2h 05m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const two = (value: number) => String(value).padStart(2, "0");
  return whole < 3600
    ? `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
    : `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** A name in at most so many characters: its start and its end, which tell look-alikes apart. */
export function shortName(name: string, most: number): string {
  const letters = [...name];
  if (letters.length <= most) return name;
  const end = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - end).join("")}…${letters.slice(letters.length - end).join("")}`;
}

/** `56.2 %`, or a dash where nothing was measured. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? "–" : `${value.toFixed(1)} %`;
}

/** A difference in points of percent: `+2.1`, `−0.3`. */
export function points(value: number): string {
  const text = Math.abs(value).toFixed(1);
  return `${value < 0 && text !== "0.0" ? "−" : "+"}${text}`;
}

/** `1 image`, `2 images`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : noun.endsWith("s") ? "es" : "s"}`;
}

/** `ensembleAccuracy` as `ensemble accuracy`; a name that others gave, `CUB-200`, as it is. */
export function inWords(name: string): string {
  return name.replaceAll(/(?<=[a-z\d])[A-Z](?![A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `56.9 to 67.4 %` */
export function between([low, high]: readonly [number, number]): string {
  return `${low.toFixed(1)} to ${high.toFixed(1)} %`;
}
