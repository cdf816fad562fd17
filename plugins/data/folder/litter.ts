/** What lies among images and is none: one rule, by name alone, and the words to tell of it. */

/** Kinds of litter, as a message counts them. */
const kinds = {
  hidden: ["hidden file", "hidden files"],
  system: ["file of the system", "files of the system"],
  backup: ["backup", "backups"],
  note: ["note", "notes"],
} as const;

export type Litter = keyof typeof kinds;

/** Left behind by operating systems, by name. */
const systemFiles = new Set(["thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "folder.db"]);

/** The mark of a download on Windows, under the colon or what other systems make of it. */
const downloadMark = /[:\uf022\uf03a](zone\.identifier|smartscreen|encryptable)(:\$data)?$/i;

/** Editors, exiftool and people keep what was there before. */
const backup = /(_original|_exiftool_tmp|~|\.(bak|backup|orig|old)|\.bak\d+)$/i;

/** What is written about images, by people and programs. */
const notes = new Set(
  (
    "txt md rst log rtf pdf doc docx odt xls xlsx ods ppt pptx csv tsv json jsonl ndjson geojson xml yaml yml toml ini cfg conf " +
    "html htm css js url webloc desktop lnk mat npy npz pkl pickle parquet db sqlite xmp aae pp3 dop py ipynb sh bat " +
    "sha1 sha256 md5 sfv torrent bib tex"
  ).split(" "),
);

/** Folders of systems and archivers; never a class. */
const systemFolders = new Set([
  "@eadir",
  "#recycle",
  "@recycle",
  "$recycle.bin",
  "system volume information",
  "__macosx",
  "__pycache__",
  "lost+found",
]);

/** Whether a folder is hidden, or of a system's own. */
export function isLitterFolder(name: string): boolean {
  return name.startsWith(".") || systemFolders.has(name.toLowerCase());
}

/** What kind of litter a file is; `undefined` for what should be an image. */
export function litterOf(name: string): Litter | undefined {
  if (name.startsWith(".")) return "hidden";
  if (systemFiles.has(name.toLowerCase()) || downloadMark.test(name)) return "system";
  if (backup.test(name)) return "backup";
  const dot = name.lastIndexOf(".");
  return dot > 0 && notes.has(name.slice(dot + 1).toLowerCase()) ? "note" : undefined;
}

/** Counts litter by kind. */
export type LitterCounts = Map<Litter, number>;

/** As `21 backups, 3 notes`. */
export function litterInWords(counts: LitterCounts): string {
  return (Object.keys(kinds) as Litter[])
    .map((kind) => ({ kind, count: counts.get(kind) ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kinds[kind][count === 1 ? 0 : 1]}`)
    .join(", ");
}
