// Lists that keep themselves up to date, and buttons that copy. Without this script there is "Ververs", and a code can
// be selected.
"use strict";
(() => {
  const live = document.querySelector("[data-live]");
  const news = document.querySelector("[data-news]");
  let last = null;
  // A delivery that is never told, as the broker was stopped, is not waited for for ever.
  let patience = 60;

  function copies(root) {
    for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
  }

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard for pages over plain http elsewhere than on this machine.
      const code = button.parentElement.querySelector(".code");
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Gekopieerd";
    setTimeout(() => { button.textContent = "Kopieer"; }, 2000);
  }

  // Only what is new, gone or changed is touched: focus and selection stay where they are.
  function merge(fresh) {
    const wanted = [...fresh.children].map((child) => child.dataset.key);
    for (const child of [...live.children]) if (!wanted.includes(child.dataset.key)) child.remove();
    let added = 0;
    [...fresh.children].forEach((child, place) => {
      const here = live.children[place];
      if (here && here.dataset.key === child.dataset.key) return;
      live.insertBefore(document.adoptNode(child), here ?? null);
      added += 1;
    });
    live.dataset.poll = fresh.dataset.poll;
    copies(live);
    return added;
  }

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(live.dataset.poll, { cache: "no-store" });
      const text = answer.ok ? await answer.text() : last;
      const pending = live.querySelector("[data-pending]") && patience-- > 0;
      // The first time too: something may have come while this page was on its way.
      if (text !== last || pending) {
        const page = await fetch(live.dataset.page ?? location.href, { cache: "no-store" });
        const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[data-live]");
        if (page.ok && fresh && merge(fresh) && news) news.textContent = news.dataset.news;
      }
      last = text;
    } catch {
      // The broker is away for a moment.
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
  });
  copies(document);
  if (!live) return;
  document.addEventListener("visibilitychange", look);
  look();
  setInterval(look, 2000);
})();
