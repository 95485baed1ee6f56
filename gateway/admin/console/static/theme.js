/** Light or dark: as the system has it, until the reader says otherwise; kept in this browser. */

const KEY = "console-theme";
const ORDER = ["auto", "light", "dark"];

/** Let `button` go through the themes, and put the kept one in place. */
export function themes(button) {
  let theme = kept();
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    keep(theme);
    show();
  });
  show();
}

function kept() {
  try {
    const theme = localStorage.getItem(KEY);
    return ORDER.includes(theme) ? theme : "auto";
  } catch {
    return "auto"; // a browser that keeps nothing
  }
}

function keep(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // it holds until the page is left
  }
}
