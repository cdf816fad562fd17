/** Tables of publications as data: what was published, and which runs make it. */
import type { Json } from "../values/state.js";

/** A run of a preset. */
export interface PublishedRun {
  readonly preset: string;
  /** By dotted path, as `--set` has them. Default: none. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Networks: at paper scale alone, for at demo scale they are small ones. Default: none. */
  readonly network?: Readonly<Record<string, Json>>;
  /** Weights that the publication starts from: at paper scale, unless somebody wants none (`--from-scratch`). Default: from scratch. */
  readonly weights?: Readonly<Record<string, Json>>;
  /** Settings in place of these weights, where somebody wants none. Default: none. */
  readonly scratch?: Readonly<Record<string, Json>>;
  /** At paper scale this run instead. Default: the same. */
  readonly paper?: PublishedRun;
  /** A run of the table's `shared` whose teacher it learns from. Default: it trains its own, or has none. */
  readonly teacher?: string;
  /** The stage whose accuracy is the row's. Default: the run's last. */
  readonly stage?: string;
  /** What is measured there, by name: "ensembleAccuracy". Default: the accuracy of the model that the stage trained. */
  readonly measure?: string;
}

/** A data set and a network, as tables have them side by side. */
export interface PublishedColumn {
  readonly name: string;
  readonly title: string;
  /** Which data: `--data cub=<folder>` says where it is. */
  readonly data: string;
  /** By dotted path, of its rows' runs; those that are shared have the network alone. Default: none. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Networks: at paper scale alone, for at demo scale they are small ones. Default: none. */
  readonly network?: Readonly<Record<string, Json>>;
  /** The stage whose figures these are, where a run has those of several columns. Default: the row's. */
  readonly stage?: string;
}

export interface PublishedRow {
  readonly name: string;
  readonly title: string;
  /** In percent, by column. */
  readonly published: Readonly<Record<string, number>>;
  /** What the authors' code comes to, where that is known otherwise. Default: not known. */
  readonly code?: Readonly<Record<string, number>>;
  /** A mistake in the publication. Default: none known. */
  readonly slip?: string;
  /** What fgkd makes for it, where that is not quite the same. Default: the same. */
  readonly here?: string;
  /** What else the publication says of it, by head: "top-5". Shown as it is; nothing is held against it. Default: nothing. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The row that its gain is counted from. Default: the table's `baseline`. */
  readonly baseline?: string;
  /** How fgkd makes it. Default: it is somebody else's method, and shown as published. */
  readonly made?: PublishedRun;
}

/** Rows that differ in one number. */
export interface PublishedScan {
  /** Of the number: "α". */
  readonly title: string;
  /** By name, in its order. */
  readonly rows: readonly string[];
  /** The one that the publication found best. */
  readonly best: string;
}

export interface PublishedTable {
  /** As the publication numbers it: "table5", or "fig7" for a figure of accuracies. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly PublishedColumn[];
  readonly rows: readonly PublishedRow[];
  /** Runs that several rows build upon, made once for each column and seed. Default: none. */
  readonly shared?: Readonly<Record<string, PublishedRun>>;
  /** The row that gains are counted from. Default: none are. */
  readonly baseline?: string;
  /** Which of its rows were published as the best of their kind, where figures were not. Default: none. */
  readonly scans?: readonly PublishedScan[];
}

/** A figure of where networks look: runs of a table, side by side on the same test images. */
export interface PublishedFigure {
  /** As the publication numbers it: "fig2". */
  readonly name: string;
  readonly title: string;
  /** What the publication shows there. */
  readonly published: string;
  /** The table whose runs these are. */
  readonly table: string;
  /** Of its columns; where these are one at demo scale, that. */
  readonly column: string;
  /** Of its rows, from left to right. */
  readonly rows: readonly string[];
  /** Whose maps of each run, from left to right. Default: the student's, or of all that it has trained. */
  readonly roles?: readonly string[];
  /** As `fgkd explain` calls it. Default: what each network has all for. */
  readonly method?: string;
  /** How many test images. Default: 4. */
  readonly images?: number;
}
