/** All readers of published sets. */
import { aircraft } from "./aircraft.js";
import { cars } from "./cars.js";
import { cub } from "./cub.js";
import { dogs } from "./dogs.js";
import { moreReaders } from "./more-readers.js";
import { nabirds } from "./nabirds.js";
import type { SetReader } from "./reader.js";

/** In the order in which they are asked whether they recognise a folder. */
export const readers: readonly SetReader[] = [cub, nabirds, aircraft, dogs, cars, ...moreReaders];
