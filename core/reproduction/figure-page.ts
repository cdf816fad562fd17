/** A figure of maps for people: Markdown beside its picture, and a page of HTML that has it inside. */
import { html } from "../report/markup.js";
import { documentOf } from "../report/page.js";
import type { PublishedFigure } from "../run/published.js";

/** @param picture where it lies, seen from the document */
export function figureMarkdown(figure: PublishedFigure, picture: string): string {
  return `# ${figure.title}\n\n![${figure.title}](${picture})\n\n${notesOf(figure)
    .map((note) => `- ${note}\n`)
    .join("")}`;
}

/** @param picture a PNG */
export function asFigurePage(figure: PublishedFigure, picture: Uint8Array): string {
  const source = `data:image/png;base64,${Buffer.from(picture).toString("base64")}`;
  const notes = html`<ul class="notices">${notesOf(figure).map((note) => html`<li>${note}</li>`)}</ul>`;
  return documentOf(
    figure.title,
    "fgkd reproduce",
    html`<section><div class="wide" role="region" tabindex="0" aria-label="${figure.title}"><img src="${source}" alt="${figure.title}"></div>${notes}</section>`,
  );
}

function notesOf({ published, method = "auto" }: PublishedFigure): readonly string[] {
  return [
    `Published: ${published}`,
    `Here: test images on the left, then maps of the class that is right (${method === "auto" ? "the first method that each network has all for" : method}), light yellow where they are highest; below them the answer.`,
    "Other images, classes or methods: fgkd explain, of the runs beside this.",
  ];
}
