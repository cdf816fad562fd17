/** What is confused with what, with images side by side, and the images that a model was furthest from getting right. */

import { count, percent } from "../values/wording.js";
import { html, type Markup, nameOf } from "./markup.js";
import type { ReportedAnswers, ReportedImage, ReportedPair } from "./subject.js";

/** The pairs, each with images of both sides. */
export function pairSection({ pairs, measures, mapMethod }: ReportedAnswers): Markup {
  if (measures.pairs.length === 0) return html`<p>Nothing is confused: every image is right.</p>`;
  const more = measures.pairs.length - pairs.length;
  return html`<p>On the left images of the first class that were taken for the second; on the right, for comparison, images of the second class.${looked(mapMethod)}</p>
    <div class="pairs">${pairs.map(pairOf)}</div>
    ${more > 0 && html`<p class="dim">${count(more, "pair")} more: the table of classes says what each is mostly taken for.</p>`}`;
}

function looked(method: string | null): string {
  return method === null ? "" : ` Under each image, by ${method}: where the model found what it answered.`;
}

function pairOf({ label, answer, images, share, confused, others }: ReportedPair): Markup {
  return html`<article class="pair"><h4>${nameOf(label)} taken for ${nameOf(answer)}</h4>
    <p class="dim">${count(images, "image")}, ${percent(share)} of the class</p>
    <div class="sides"><div class="row">${confused.map((image) => cardOf(image, html`${percent(100 * image.confidence)} sure`))}</div>
    ${others.length > 0 && html`<div class="row other">${others.map((image) => cardOf(image, nameOf(image.label)))}</div>`}</div></article>`;
}

/** The images with the highest loss. */
export function hardestSection({ hardest }: ReportedAnswers): Markup {
  const cards = hardest.map((image) =>
    cardOf(
      image,
      html`<b>${nameOf(image.label)}</b>${image.label === image.answer ? ", unsure" : html`, answered ${nameOf(image.answer)}`}<br>
        <span class="dim">loss ${image.loss.toFixed(1)}, ${percent(100 * image.ofLabel)} for its class</span>`,
    ),
  );
  return html`<p>Here the model gives the true class the least probability. Look at them first: with data from many hands,
    such images are often <strong>mislabelled</strong>, show two things at once, or show nothing of the class. The others are what the model has yet to learn.</p>
    <div class="row hard">${cards}</div>`;
}

function cardOf(image: ReportedImage, words: Markup): Markup {
  const told = `${image.label}, answered ${image.answer}, ${percent(100 * image.confidence)} sure`;
  const shown = image.picture
    ? html`<img src="${image.picture}" alt="${`image of ${told}`}">`
    : html`<div class="none" role="img" aria-label="${`no picture of an image of ${told}`}">no picture</div>`;
  const map = image.map && html`<img src="${image.map}" alt="${`where the model looked: ${told}`}">`;
  return html`<figure class="card">${shown}${map}<figcaption>${words}${image.place !== undefined && html`<br><span class="dim place">${nameOf(image.place)}</span>`}</figcaption></figure>`;
}
