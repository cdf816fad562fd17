/** What archives of every kind consist of. */
export interface ArchiveEntry {
  /** Safe: relative, with `/`, and within the archive. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** To be read, in whole or not at all, before the next entry is asked for. */
  content(): AsyncIterable<Uint8Array>;
}
