// The page waits for the person's phone: goes on by itself when it has answered. Without this script the button does.
"use strict";
(() => {
  const form = document.querySelector("form[data-waits]");
  if (!form) return;
  let next;
  // One look to come at most, however often the page is hidden and shown.
  const again = (milliseconds) => {
    clearTimeout(next);
    next = setTimeout(look, milliseconds);
  };

  async function look() {
    clearTimeout(next);
    if (document.hidden) return;
    let state = "open";
    try {
      const answer = await fetch(form.dataset.waits, { cache: "no-store", redirect: "error" });
      // The login has gone on, in another tab perhaps: this page has nothing left to wait for.
      if (answer.status === 404) return;
      if (answer.ok) state = (await answer.json()).state;
    } catch {
      // The server is away for a moment.
    }
    if (state === "approved") form.requestSubmit();
    else if (state === "refused" || state === "late") location.replace(form.action);
    else again(2000);
  }

  // A page that is looked at again looks itself at once.
  document.addEventListener("visibilitychange", look);
  again(1000);
})();
