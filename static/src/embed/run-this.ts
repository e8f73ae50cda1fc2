// Fenced YAML of a page becomes something to run: under each block that holds Kubernetes manifests a button opens a cluster
// with them applied. One small script, <script defer src=".../run-this.js">; the element's own script comes with the first
// click. Its data- attributes are attributes of the tags it makes: data-panels="stage,terminal" data-lang="zh".

const me = document.currentScript as HTMLScriptElement;
const root = document.documentElement;
// As MkDocs and Hugo, highlight.js and Prism, and Docusaurus mark a block's language.
const blocks = "code.language-yaml,code.language-yml,.language-yaml code,.highlight-yaml pre,pre.language-yaml";
const done = new WeakSet<Element>();

function find(): void {
  // Docusaurus: what is added before React has taken the page over would be in its way.
  if (root.dataset.hasHydrated === "false") return;
  for (const code of document.querySelectorAll(blocks)) {
    if (done.has(code) || code.querySelector("code") || code.closest(".linenos,.lntd:first-child")) continue;
    done.add(code);
    const copy = code.cloneNode(true) as Element;
    for (const e of copy.querySelectorAll(".ln,.lnt,.linenos,button,[style*='user-select:none']")) e.remove();
    for (const e of copy.querySelectorAll("br")) e.replaceWith("\n");
    const text = copy.textContent!;
    if (/^apiVersion:/m.test(text) && /^kind:/m.test(text)) offer(code, text);
  }
}

function offer(code: Element, manifest: string): void {
  let block = code.closest("pre") ?? code;
  // The frames that the site's generator puts around it.
  for (let up; (up = block.parentElement?.closest("figure,.highlight,.theme-code-block,[class*=language-]")); ) block = up;
  const zh = /^zh/i.test(me.dataset.lang || code.closest<HTMLElement>("[lang]")?.lang || navigator.language);
  const button = document.createElement("button");
  button.textContent = zh ? "▶ 在集群中运行" : "▶ Run this in a cluster";
  button.style.cssText = "font:600 13px system-ui,sans-serif;margin:4px 0 16px;padding:6px 12px;border:1px solid #326ce5;border-radius:99px;background:#326ce5;color:#fff;cursor:pointer";
  button.onclick = () => {
    const tag = document.createElement("tabernetes-playground") as HTMLElement & { manifest: string; open(): void };
    for (const [name, value] of Object.entries(me.dataset)) tag.setAttribute(name, value!);
    tag.manifest = manifest;
    button.replaceWith(tag);
    const script = document.createElement("script");
    script.nonce = me.nonce;
    script.src = new URL("embed.js", me.src).href;
    script.onload = () => tag.open();
    if (customElements.get(tag.localName)) tag.open(); else document.head.append(script);
  };
  block.after(button);
}

new MutationObserver(find).observe(root, { childList: true, subtree: true, attributeFilter: ["data-has-hydrated"] });
find();
