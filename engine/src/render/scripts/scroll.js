// Scrolls what scrolls to its end and says how far that is: the page, or the largest part of it that does.
async function () {
  const page = document.scrollingElement || document.documentElement;
  let scroller = page;
  if (page.scrollHeight <= innerHeight + 1) {
    const area = (element) => element.clientWidth * element.clientHeight;
    for (const element of document.querySelectorAll("*")) {
      if (element === page || element.scrollHeight <= element.clientHeight + 1) continue;
      const overflow = getComputedStyle(element).overflowY;
      if (overflow !== "auto" && overflow !== "scroll") continue;
      if (scroller === page || area(element) > area(scroller)) scroller = element;
    }
  }
  // Observers of what is in view are told once a frame, and only of changes: the end must be seen out of view before it is
  // scrolled to, or a page that waits for it to come into view waits for ever. A hidden page has no frames.
  const frame = () =>
    new Promise((seen) => {
      requestAnimationFrame(seen);
      setTimeout(seen, 100);
    });
  const above = Math.max(0, scroller.scrollHeight - 3 * scroller.clientHeight);
  scroller.scrollTo({ top: above, behavior: "instant" });
  await frame();
  await frame();
  scroller.scrollTo({ top: scroller.scrollHeight, behavior: "instant" });
  return scroller.scrollHeight;
}
