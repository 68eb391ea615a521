// Gives the element the keyboard, or says in `held_up` why it cannot have it yet.
const element = find(document);
if (!element) return { held_up: "no element matches `" + selector + "`" };
element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
element.focus();
let active = document.activeElement;
while (active && active !== element && active.shadowRoot) active = active.shadowRoot.activeElement;
const mute = { held_up: "the element that matches `" + selector + "` takes no text" };
if (active !== element) return mute;
