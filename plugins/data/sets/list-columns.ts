/** Which column of a list is which: by the names that people give them. */

/** What a list says of an image, in its own words. */
export type Column = "path" | "label" | "name" | "split";

const names: Readonly<Record<Column, readonly string[]>> = {
  path: (
    "path file filename filepath fname image img imagepath imgpath imagename imgname imagefile imgfile " +
    "relativepath relpath relativeimpath imagefilename"
  ).split(" "),
  label: "label labels class classid classindex classidx labelid target category categoryid y finelabel".split(" "),
  name: "name classname labelname categoryname species variety cultivar breed commonname".split(" "),
  split: "split set subset partition usage dataset phase".split(" "),
};

/** How a message lists what is expected. */
export const expectedColumns = "path, label and, if it says what is for testing, split";

/** Which column a field of a header names; in any case, whatever stands between its words. */
export function columnOf(field: string): Column | undefined {
  const plain = field.toLowerCase().replaceAll(/[^a-z]/g, "");
  return (Object.keys(names) as Column[]).find((column) => names[column].includes(plain));
}

/** Positions of the columns that a header names, the first of each kind; `undefined` where it does not name a path. */
export function columnsOf(header: readonly string[]): ReadonlyMap<Column, number> | undefined {
  const found = new Map<Column, number>();
  header.forEach((field, index) => {
    const column = columnOf(field);
    if (column !== undefined && !found.has(column)) found.set(column, index);
  });
  return found.has("path") ? found : undefined;
}
