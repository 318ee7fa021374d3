// Words that follow the clock ("Today", "2 minutes ago"): each is a text node that is told anew when time has passed.

const nodes = new Set(); // of weak references, so that what left the page is forgotten

/** A text node that says what `words()` gives, now and whenever `tellTime` is called. */
export function following(words) {
  const node = document.createTextNode(words());
  node.words = words; // lives and goes with its node
  nodes.add(new WeakRef(node));
  return node;
}

/** Bring every such word up to date. */
export function tellTime() {
  for (const reference of nodes) {
    const node = reference.deref();
    if (!node) nodes.delete(reference);
    else if (node.data !== node.words()) node.data = node.words();
  }
}
