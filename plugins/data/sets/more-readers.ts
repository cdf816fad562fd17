/** Readers of sets that lists, folders and a table of labels describe. */
import { flowers } from "./flowers.js";
import { food101 } from "./food101.js";
import { foodx } from "./foodx.js";
import { inaturalist } from "./inaturalist.js";
import { list, parquet } from "./list.js";
import { pets } from "./pets.js";
import type { SetReader } from "./reader.js";

/** Those that are told by more than one thing come first: each may have lists beside it. */
export const moreReaders: readonly SetReader[] = [pets, flowers, food101, foodx, inaturalist, list, parquet];
