/** The images on which an exported model is compared with its model. */
import type { GivenImage } from "../data/given.js";
import type { InputSettings } from "../data/source.js";
import type { OpenModels } from "../prediction/open-models.js";
import type { Logger } from "../values/logger.js";
import { createRandom } from "../values/random.js";
import type { Batch } from "../values/records.js";
import { isRecord } from "../values/unknown.js";
import { messageOf } from "../values/words.js";

export interface CheckImages {
  /** In words that follow a number: `images of the test split`. */
  readonly what: string;
  /** The same ones each time, as an input makes them. */
  batches(input: InputSettings): AsyncGenerator<Batch, void, undefined>;
  close(): Promise<void>;
}

/** @param given places, bytes or pixels. Default: the test images of the run's data, or, where that is not to be had, drawn ones */
export async function checkImages(
  opened: OpenModels,
  given: readonly GivenImage[] | undefined,
  count: number,
  logger: Logger,
): Promise<CheckImages> {
  if (given) return read(opened, given.slice(0, count), "given images");
  return (await ofRun(opened, logger)) ?? read(opened, drawn(opened.settings.input, count), "drawn images");
}

async function ofRun({ found, openData, settings }: OpenModels, logger: Logger): Promise<CheckImages | undefined> {
  const { stage, run } = found[0] ?? {};
  const data = (stage ?? run)?.data;
  if (!isRecord(data) || typeof data.name !== "string") return undefined;
  try {
    const source = await openData({ ...data, name: data.name });
    const pass = { split: "test", mode: "test", epoch: 0, seed: "0", batchSize: settings.batchSize, skip: 0 } as const;
    return {
      what: "images of the run's test split",
      batches: (input) => source.batches({ ...pass, input }),
      close: source.close,
    };
  } catch (cause) {
    logger.warn(`The run's own images cannot be had, so drawn ones are compared: ${messageOf(cause)}`);
    return undefined;
  }
}

function read({ source, settings }: OpenModels, images: readonly GivenImage[], what: string): CheckImages {
  async function* all() {
    yield* images;
  }
  return {
    what,
    async *batches(input) {
      for await (const { batch } of source.read(all(), { batchSize: settings.batchSize, input }))
        if (batch) yield batch;
    },
    // The source is the models'.
    close: async () => {},
  };
}

/** Pictures with light, colours and edges of all sizes, a little larger than what is made of them. */
function drawn({ resize }: InputSettings, count: number): readonly GivenImage[] {
  const [width, height] = [resize + 9, resize + 4];
  return Array.from({ length: count }, (_, index) => {
    const values = createRandom(`export/${index}`).normals(3 * 8 + width * height);
    const data = new Uint8Array(width * height * 3);
    for (let place = 0; place < data.length; place++) {
      const [pixel, channel] = [Math.floor(place / 3), place % 3];
      const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
      const at = (wave: number) => values[8 * channel + wave] as number;
      const waves = [0, 1, 2].map((wave) => Math.sin(6 * (at(wave) * x + at(wave + 3) * y) * 2 ** wave + at(6)));
      const light = waves.reduce((sum, wave) => sum + wave, 0) / 3 + 0.2 * (values[24 + pixel] as number);
      data[place] = Math.min(255, Math.max(0, 128 + 90 * light));
    }
    return { width, height, data };
  });
}
