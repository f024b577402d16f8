// Returns every text that is seen with its contrast to what is behind it (WCAG 2.2, Contrast ratio).
const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const colour = (css) => css.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

function behind(node) {
  if (node.classList.contains("bar")) return colour(getComputedStyle(node.previousElementSibling).fill);
  for (let at = node; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  }
  return [255, 255, 255];
}

const found = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const node = texts.currentNode.parentElement;
  const text = texts.currentNode.textContent.trim();
  if (!text || !node.checkVisibility() || ["SCRIPT", "STYLE", "OPTION", "NOSCRIPT", "title"].includes(node.tagName)) continue;
  const style = getComputedStyle(node);
  const front = colour(node instanceof SVGElement ? style.fill : style.color);
  found.push([text, ratio(luminance(front), luminance(behind(node)))]);
}
return found;
