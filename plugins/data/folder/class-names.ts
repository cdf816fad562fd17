/** What class folders are called: one name however it is composed, and names that somebody may take for one. */

/** The name of the class that a folder holds. Macs write `é` as two characters, others as one. */
export function className(folder: string): string {
  return folder.normalize("NFC");
}

/** The same for names that differ in capitals, spaces or width only. */
export function classKey(folder: string): string {
  return folder.normalize("NFKC").toLowerCase().trim().replaceAll(/\s+/g, " ");
}

/** Whether two names differ in no more than that. */
export function isNearly(one: string, other: string): boolean {
  return classKey(one) === classKey(other);
}

/** Classes that some file systems, and most readers, take for one. @param keyOf the same for those that are one */
export function nearlyOne(classes: readonly string[], keyOf = classKey): readonly (readonly [string, string])[] {
  const seen = new Map<string, string>();
  return classes.flatMap((name) => {
    const other = seen.get(keyOf(name));
    seen.set(keyOf(name), other ?? name);
    return other === undefined ? [] : [[other, name] as const];
  });
}
