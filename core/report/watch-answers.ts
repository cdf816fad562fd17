/** Which images of a test are worth a look: those that stand for what is confused, and those with the highest loss. */
import type { ImageFacts, Split } from "../data/source.js";
import type { Scores } from "../evaluation/metric.js";
import type { AnswerMeasures } from "../measures/answers.js";
import type { ConfusedPair } from "../measures/confusion.js";
import type { SmallMaps } from "./maps.js";
import type { ReportedAnswers, ReportedImage } from "./subject.js";

/** How many are shown: pairs, images of either side of one, images with a high loss. */
const SHOWN = { pairs: 8, confused: 3, others: 2, hardest: 16 } as const;

/** An image that was tested, by its position in the split. */
interface Tested {
  readonly index: number;
  /** Positions of classes. */
  readonly label: number;
  readonly answer: number;
  readonly confidence: number;
  readonly ofLabel: number;
}

export interface AnswerWatch {
  /** Each batch of a test. */
  add(scores: Scores): void;
  /**
   * The images worth a look.
   *
   * @param measures what the test came to
   * @param classes names in label order, as in the test
   */
  examples(measures: AnswerMeasures, classes: readonly string[], look: Look): Promise<Examples>;
}

type Examples = Pick<ReportedAnswers, "pairs" | "hardest" | "mapMethod">;

/** How images are shown. */
interface Look {
  readonly split: Split;
  about?(split: Split, index: number): ImageFacts;
  /** By position: pictures as `data:` addresses; what cannot be shown is left out. */
  pictures(indices: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** By position: where the model looked, likewise, and by which method. Default: nobody asks. */
  maps?(indices: readonly number[]): Promise<SmallMaps>;
}

/** Keeps five numbers an image. */
export function watchAnswers(): AnswerWatch {
  const tested: Tested[] = [];
  return {
    add: ({ labels, predictions, probabilities, classes, indices }) =>
      labels.forEach((label, row) => {
        const answer = predictions[row] as number;
        const [confidence, ofLabel] = [answer, label].map((at) => probabilities[row * classes + at] as number);
        tested.push({ index: indices[row] as number, label, answer, confidence, ofLabel } as Tested);
      }),
    examples: async (measures, classes, look) => {
      const pairs = measures.pairs.slice(0, SHOWN.pairs).map((pair) => ({ pair, ...sidesOf(pair, tested, classes) }));
      const hardest = tested
        .filter(({ ofLabel }) => ofLabel < 0.5)
        .sort((a, b) => a.ofLabel - b.ofLabel || a.index - b.index)
        .slice(0, SHOWN.hardest);
      const all = [...pairs.flatMap(({ confused, others }) => [...confused, ...others]), ...hardest];
      const indices = [...new Set(all.map(({ index }) => index))];
      const pictures = await look.pictures(indices);
      const { method = null, maps } = (await look.maps?.(indices)) ?? {};
      const shown = (one: Tested): ReportedImage => {
        const [path, picture, map] = [
          look.about?.(look.split, one.index).path,
          pictures.get(one.index),
          maps?.get(one.index),
        ];
        return {
          label: classes[one.label] as string,
          answer: classes[one.answer] as string,
          confidence: one.confidence,
          ofLabel: one.ofLabel,
          // The smallest number there is stands for none at all.
          loss: -Math.log(Math.max(one.ofLabel, Number.MIN_VALUE)),
          ...(path !== undefined && { place: lastParts(path) }),
          ...(picture !== undefined && { picture }),
          ...(map !== undefined && { map }),
        };
      };
      return {
        pairs: pairs.map(({ pair, confused, others }) => ({
          ...pair,
          confused: confused.map(shown),
          others: others.map(shown),
        })),
        hardest: hardest.map(shown),
        mapMethod: method,
      };
    },
  };
}

/** Of either side the images that the model is surest of. */
function sidesOf({ label, answer }: ConfusedPair, tested: readonly Tested[], classes: readonly string[]) {
  const [from, to] = [classes.indexOf(label), classes.indexOf(answer)];
  const surest = (right: number, said: number, most: number) =>
    tested
      .filter((one) => one.label === right && one.answer === said)
      .sort((a, b) => b.confidence - a.confidence || a.index - b.index)
      .slice(0, most);
  return { confused: surest(from, to, SHOWN.confused), others: surest(to, to, SHOWN.others) };
}

/** The file and its folder: enough to find it. */
function lastParts(path: string): string {
  return path.split(/[\\/]/).slice(-2).join("/");
}
