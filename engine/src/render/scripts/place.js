// Where the element can be clicked: {x, y}, or in `held_up` why it cannot yet.
const element = find(document);
if (!element) return { held_up: "no element matches `" + selector + "`" };
const it = "the element that matches `" + selector + "` ";
if (element.disabled) return { held_up: it + "is disabled" };
element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
const middle = () => {
  const box = [...element.getClientRects()].find((box) => box.width > 0 && box.height > 0);
  return box && { x: box.left + box.width / 2, y: box.top + box.height / 2 };
};
const before = middle();
if (!before || getComputedStyle(element).visibility !== "visible") return { held_up: it + "is not visible" };
await new Promise((resolve) => requestAnimationFrame(resolve));
const place = middle();
if (!place || place.x !== before.x || place.y !== before.y) return { held_up: it + "moves" };
let hit = document.elementFromPoint(place.x, place.y);
while (hit && hit.shadowRoot) {
  const inner = hit.shadowRoot.elementFromPoint(place.x, place.y);
  if (!inner || inner === hit) break;
  hit = inner;
}
for (let node = hit; node; node = node.parentNode || node.host) {
  if (node === element) return place;
}
return { held_up: it + "is covered by " + (hit ? "<" + hit.localName + ">" : "the window's edge") };
