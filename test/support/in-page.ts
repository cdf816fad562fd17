/** What tests ask of a page, as the browser runs it: texts, since nothing else here has the types of a browser. */

/** Opens whatever is folded. */
export const unfold = `for (const details of document.querySelectorAll("details")) details.open = true`;

/** In pixels: wider than the window where one would have to scroll. */
export const pageWidth = "document.documentElement.scrollWidth";

/** What reaches beyond the window, and is in nothing that scrolls by itself. */
export const beyondTheWindow = `[...document.querySelectorAll("main *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".wide"))
  .map((element) => element.outerHTML.slice(0, 120))`;

/** How many pictures show nothing. */
export const brokenPictures = `(async () => {
  const pictures = [...document.querySelectorAll("img")];
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => undefined)));
  return pictures.filter(({ naturalWidth }) => naturalWidth === 0).length;
})()`;

/** 1 to 6, in the order of the page. */
export const headingLevels = `[...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(({ tagName }) => Number(tagName[1]))`;

/** In pixels; of text in charts as well, as they are scaled. */
export const smallestText = `Math.min(...[...document.querySelectorAll("svg text, figcaption, td, p, dd")].map((element) => {
  const svg = element.closest("svg");
  const scale = svg ? svg.getBoundingClientRect().width / Number(svg.getAttribute("width")) : 1;
  return scale * Number.parseFloat(getComputedStyle(element).fontSize);
}))`;

/** Contrast of the page's colours with its paper, by the formula of WCAG 2: of text, of dim text, of each series of a chart. */
export const contrasts = `(() => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const text = style.getPropertyValue(name).trim().replace("#", "");
    const whole = text.length === 3 ? [...text].map((digit) => digit + digit).join("") : text;
    const [red, green, blue] = [0, 2, 4].map((at) => {
      const value = Number.parseInt(whole.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (name) => {
    const [least, most] = [light(name), light("--paper")].sort((a, b) => a - b);
    return (most + 0.05) / (least + 0.05);
  };
  const series = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => ["series " + at, ratio("--s" + at)]);
  return Object.fromEntries([["text", ratio("--ink")], ["dim", ratio("--dim")], ...series]);
})()`;
