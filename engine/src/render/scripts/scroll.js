// Scrolls what scrolls to its end and says how far that is: the page, or the largest part of it that does.
function () {
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
  scroller.scrollTo({ top: scroller.scrollHeight, behavior: "instant" });
  return scroller.scrollHeight;
}
