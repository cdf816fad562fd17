/** What a parquet file says of its columns: which holds images, which labels, and what the labels are called. */
import { type FileMetaData, parquetSchema } from "hyparquet";
import { corruptFile, invalidData, namedList } from "../../../core/index.js";

export interface ParquetColumns {
  readonly image: string;
  readonly label: string;
  /** Of the labels, in order. */
  readonly names?: readonly string[];
}

interface Feature {
  readonly _type?: string;
  readonly names?: readonly string[];
}

const usualLabels = ["label", "labels", "fine_label", "class", "target", "category"];

/** By the hub's own description of its columns (`huggingface`), else by their usual names. @throws FGKD_INVALID_DATA */
export function columnsOfParquet(path: string, metadata: FileMetaData): ParquetColumns {
  const columns = parquetSchema(metadata).children;
  const names = columns.map(({ element }) => element.name);
  const features = featuresOf(path, metadata);
  const ofKind = (kind: string) => names.filter((name) => features[name]?._type === kind);
  const hasBytes = columns
    .filter(({ element, children }) => isBytes(element) || children.some((child) => child.element.name === "bytes"))
    .map(({ element }) => element.name);
  const image = oneOf(ofKind("Image"), ["image", "img"]) ?? oneOf(hasBytes, ["image", "img"]);
  const label =
    oneOf(ofKind("ClassLabel"), usualLabels) ??
    oneOf(
      names.filter((name) => usualLabels.includes(name)),
      usualLabels,
    );
  if (image === undefined || label === undefined) {
    const problem = `which of its columns (${namedList(names)}) holds ${image === undefined ? "images" : "labels"} cannot be told`;
    throw invalidData(path, problem, "Expected is a column image, of bytes, and a column label.");
  }
  const known = features[label]?.names;
  return { image, label, ...(known && { names: known }) };
}

/** The only one, or the first that is called as usual. */
function oneOf(found: readonly string[], usual: readonly string[]): string | undefined {
  return usual.find((name) => found.includes(name)) ?? (found.length === 1 ? found[0] : undefined);
}

function isBytes({
  type,
  converted_type,
  logical_type,
}: {
  type?: string;
  converted_type?: string;
  logical_type?: unknown;
}) {
  return type === "BYTE_ARRAY" && converted_type === undefined && logical_type === undefined;
}

function featuresOf(path: string, { key_value_metadata = [] }: FileMetaData): Readonly<Record<string, Feature>> {
  const text = key_value_metadata.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return {};
  try {
    const { info } = JSON.parse(text) as { info?: { features?: Readonly<Record<string, Feature>> } };
    return info?.features ?? {};
  } catch (error) {
    throw corruptFile(
      path,
      `its description of columns is not JSON (${(error as Error).message})`,
      "Get the file anew.",
    );
  }
}
