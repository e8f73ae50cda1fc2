// Registers the service worker, and offers a new version of the page when there is one.

/** How long the first visit waits before the files are fetched once more to be kept: it would take from the time in which the visitor tries the page for the first time. */
const firstVisitMs = 5000;
/** How long a page may stay open before it asks again whether there is a newer one, when it is looked at. */
const askAgainMs = 3_600_000;

/**
 * Resolves to true when this page and every file of it is kept and would be there without a network; to false where it
 * cannot be: an insecure address, a frame in somebody else's page, a browser that is to save data.
 */
export async function keepOffline(): Promise<boolean> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const saving = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
  if (__DEV__ || !workers || window.top !== window || saving) return false;
  if (!workers.controller) await new Promise((resolve) => setTimeout(resolve, firstVisitMs));
  try {
    const registration = await workers.register(new URL("sw.js", document.baseURI));
    const offer = async (): Promise<void> => (await import("./update.ts")).offer(registration);
    const watch = (worker: ServiceWorker | null): void => {
      // Without a version before it there is nothing to update.
      const look = (): void => { if (worker?.state === "installed" && registration.active) void offer(); };
      worker?.addEventListener("statechange", look);
      look();
    };
    watch(registration.waiting);
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
    let asked = performance.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || performance.now() - asked < askAgainMs) return;
      asked = performance.now();
      registration.update().catch(() => {});
    });
    const { active } = await workers.ready;
    let served = !!workers.controller;
    if (!served) {
      const taken = new Promise((resolve) => workers.addEventListener("controllerchange", resolve, { once: true }));
      active?.postMessage("claim");
      await taken;
      served = true;
    }
    // Another tab took up a new version: what this one shows is of the old.
    workers.addEventListener("controllerchange", () => void offer());
    return served;
  } catch {
    return false; // the host has no sw.js, or the browser does not let it be kept: the page works as before
  }
}
