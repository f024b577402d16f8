"use strict";
// Elements from data. Text becomes text nodes only, never markup.

const SVG = "http://www.w3.org/2000/svg";
const VERDICTS = ["unexpected", "allowed", "expected"];
const SHAPES = { unexpected: "M0-7 7 0 0 7-7 0z", allowed: "M0-6.5 7 6-7 6z", expected: "M-5.5 0a5.5 5.5 0 1 0 11 0 5.5 5.5 0 1 0-11 0z" };
const LETTERS = { unexpected: "◆", allowed: "▲", expected: "○" };

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

// A node id, which a line may end in between its parts.
function breakable(text) {
  return text.split(/(?<=\/|::)/).flatMap((part) => [part, el("wbr")]);
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

// Since the session began, to the millisecond: "1:02.345".
function since(time) {
  const ms = Math.abs(Math.round(time)); // the server's clock may be behind ours
  const minutes = Math.floor(ms / 60000);
  return `${Math.round(time) < 0 ? "-" : ""}${minutes}:${((ms % 60000) / 1000).toFixed(3).padStart(6, "0")}`;
}

// Takes the time from `start` until what was changed since is on the screen.
function measure(name, start) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => performance.measure(name, { start, end: performance.now() });
    channel.port2.postMessage(null);
  });
}
