/** Writes parquet files as a hub hands out images: a struct of bytes and path, a label, and a note on what the labels are called. */
import { fileWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";

export interface HubRow {
  readonly bytes: Uint8Array | null;
  readonly label: number | null;
}

const schema: SchemaElement[] = [
  { name: "root", num_children: 2 },
  { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
  { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
  { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
  { name: "label", type: "INT64", repetition_type: "OPTIONAL" },
];

/** @param groups rows of one row group each, made when their turn comes. @param names of the labels; `null`: nothing is noted */
export async function writeParquet(
  path: string,
  groups: Iterable<readonly HubRow[]>,
  names: readonly string[] | null,
): Promise<void> {
  const features = { image: { _type: "Image" }, label: { _type: "ClassLabel", names } };
  const note = [{ key: "huggingface", value: JSON.stringify({ info: { features } }) }];
  const writer = new ParquetWriter({ writer: fileWriter(path), schema, ...(names && { kvMetadata: note }) });
  for (const rows of groups) {
    const images = rows.map(({ bytes }, index) => ({ bytes, path: `${index}.jpg` }));
    const labels = rows.map(({ label }) => (label === null ? null : BigInt(label)));
    const columnData = [
      { name: "image", data: images },
      { name: "label", data: labels },
    ];
    await writer.write({ columnData, rowGroupSize: rows.length });
  }
  await writer.finish();
}
