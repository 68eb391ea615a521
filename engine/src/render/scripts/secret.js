// Puts a secret into the element that has the keyboard now, in one go: key by key, it would go to whoever takes the keyboard
// meanwhile. A frame gets none, since what is in it is another page.
if (!origins.includes(location.origin)) return { stranger: location.origin };
const takesText = element.matches("input, textarea") || element.isContentEditable;
return takesText && document.execCommand("insertText", false, secret) ? {} : mute;
