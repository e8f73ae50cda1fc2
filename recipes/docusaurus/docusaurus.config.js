// Where Tabernetes lies.
const tabernetes = process.env.TABERNETES ?? "/tabernetes";

/** @type {import("@docusaurus/types").Config} */
module.exports = {
  title: "Canary releases",
  url: "https://docs.example",
  baseUrl: "/",
  plugins: [["@docusaurus/plugin-content-docs", { routeBasePath: "/", sidebarPath: undefined }]],
  themes: ["@docusaurus/theme-classic"],
  themeConfig: { navbar: { title: "Canary releases" } },
  scripts: [
    { src: `${tabernetes}/embed.js`, async: true },
    { src: `${tabernetes}/run-this.js`, defer: true, "data-panels": "stage,terminal" },
  ],
};
