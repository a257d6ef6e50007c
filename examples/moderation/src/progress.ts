/** One line that fills up: on a terminal redrawn in place, elsewhere said at every tenth. */
export function progressLine(
  name: string,
  out: NodeJS.WriteStream = process.stderr,
): (share: number) => void {
  let shown = -1;
  return (share) => {
    const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100);
    if (percent === shown) return;
    if (out.isTTY) {
      const filled = Math.round(percent / 5);
      out.write(
        `\r${name} [${'█'.repeat(filled)}${' '.repeat(20 - filled)}] ${String(percent).padStart(3)} %`,
      );
      if (percent === 100) out.write('\n');
    } else if (Math.floor(percent / 10) !== Math.floor(shown / 10)) out.write(`${name} ${percent} %\n`);
    shown = percent;
  };
}
