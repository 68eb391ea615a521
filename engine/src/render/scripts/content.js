// The document as HTML, with its open shadow roots. `frames` are triples: the element of a frame, the frame's URL, and
// a text that is put in the place of its content. All of it is undone before any script of the page can see it.
function (limit, ...frames) {
  const root = document.documentElement;
  if (!root) return { html: "", url: document.URL, type: document.contentType };
  const shadows = [];
  const collect = (within) => {
    for (const element of within.querySelectorAll("*")) {
      if (element.shadowRoot) {
        shadows.push(element.shadowRoot);
        collect(element.shadowRoot);
      }
    }
  };
  collect(document);
  const added = [];
  try {
    for (let i = 0; i + 2 < frames.length; i += 3) {
      const template = document.createElement("template");
      template.setAttribute("data-frame", frames[i + 1]);
      template.content.append(frames[i + 2]);
      added.push(template);
      // Nothing may stand beside a frame of a frame set.
      if (frames[i].localName === "frame") document.head.append(template);
      else frames[i].after(template);
    }
    const doctype = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + "\n" : "";
    let html = doctype;
    if (document.contentType === "text/html") {
      const shell = root.cloneNode(false).outerHTML;
      const end = shell.lastIndexOf("</");
      const inner = root.getHTML({ serializableShadowRoots: true, shadowRoots: shadows });
      html += shell.slice(0, end) + inner + shell.slice(end);
    } else {
      // XHTML would be written as XML; what stands in a document of HTML is not.
      html += document.implementation.createHTMLDocument("").importNode(root, true).outerHTML;
    }
    if (html.length > limit) return { too_large: true };
    return { html: html.toWellFormed(), url: document.URL, type: document.contentType };
  } finally {
    for (const template of added) template.remove();
  }
}
