// Keeps what the page shows of connections and runs up to date. A part in which somebody is, with the keyboard, stays as it
// is, so nobody loses their place. Without this script, the page loads itself again while something is under way.
"use strict";

const parts = () => document.querySelectorAll("[data-live]");

async function look() {
  const answer = await fetch(location.pathname + "?live", { redirect: "error", headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts()) {
    const now = page.getElementById(part.id);
    if (!now) return location.reload(); // a connection came or went
    if (now.outerHTML !== part.outerHTML && !part.contains(document.activeElement)) part.replaceWith(now);
  }
}

async function goOn() {
  const running = document.querySelector(".progress") !== null;
  await new Promise((resolve) => setTimeout(resolve, running ? 1000 : 5000));
  if (!document.hidden) await look().catch(() => {}); // the worker may be restarting: look again later
  goOn();
}

if (parts().length > 0) goOn();
