/** Rows drawn beyond both edges of the window, so that scrolling never shows a hole. */
const BEYOND = 20;
/** Ranges move in steps: not every pixel is a new drawing. */
const STEP = 10;

/**
 * Which rows of a long list lie near the window.
 * @param scrolled pixels of the list above the window; negative while it begins below its top
 */
export function visibleRows(
  scrolled: number,
  windowHeight: number,
  rowHeight: number,
  total: number,
): { readonly first: number; readonly last: number } {
  const top = Math.floor(Math.max(0, scrolled) / rowHeight) - BEYOND;
  const bottom = Math.ceil(Math.max(0, scrolled + windowHeight) / rowHeight) + BEYOND;
  return {
    first: Math.min(total, Math.max(0, Math.floor(top / STEP) * STEP)),
    last: Math.min(total, Math.ceil(bottom / STEP) * STEP),
  };
}
