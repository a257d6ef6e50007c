import { type CompletionNode, type CompletionOption, everyNode } from './tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const flags = ({ long, short }: CompletionOption): string =>
  short === undefined ? long : `${short} ${long}`;
/** Words behind the program's name; what `case` looks at. */
const words = ({ path }: CompletionNode): string => path.split(' ').slice(1).join(' ');

/** Which of the words typed so far are commands, in bash and zsh alike: options and their values are passed over. */
function walk(nodes: readonly CompletionNode[]): readonly string[] {
  const known = nodes.map(words).filter((path) => path !== '');
  const valued = [
    ...new Set(
      nodes.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).map(({ long }) => long)),
    ),
  ];
  return [
    '  for word in $typed; do',
    '    if [ -n "$skip" ]; then skip=; continue; fi',
    `    case "$word" in ${valued.join('|')}) skip=1; continue ;; -*) continue ;; esac`,
    `    case "\${path:+$path }$word" in`,
    `      ${known.map(quoted).join('|')}) path="\${path:+$path }$word" ;;`,
    '    esac',
    '  done',
  ];
}

function bash(root: CompletionNode): string {
  const nodes = everyNode(root);
  const cases = nodes.flatMap((node) => {
    const choices = node.options.filter(({ choices: given }) => given.length > 0);
    const values = choices.map(
      ({ long, choices: given }) =>
        `      ${long}) COMPREPLY=($(compgen -W ${quoted(given.join(' '))} -- "$current")); return ;;`,
    );
    const offered = [...node.children.map(({ name }) => name), ...node.options.map(flags)].join(' ');
    return [
      `    ${quoted(words(node))})`,
      ...(values.length === 0 ? [] : ['      case "$before" in', ...values, '      esac']),
      `      offered=${quoted(offered)}; files=${node.files ? '1' : ''} ;;`,
    ];
  });
  return [
    '# bash completion for evenkeel: eval "$(evenkeel completion bash)"',
    '_evenkeel() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"`,
    `  local word path= skip= offered= files= typed="\${COMP_WORDS[*]:1:COMP_CWORD-1}"`,
    ...walk(nodes),
    '  case "$path" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$offered" -- "$current"))',
    `  if [ -n "$files" ] && [ "\${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi`,
    '}',
    'complete -o filenames -o bashdefault -F _evenkeel evenkeel',
  ].join('\n');
}

/** `name:what it does`, as zsh's _describe wants it. */
const described = (name: string, text: string): string => quoted(`${name}:${text.replaceAll(':', '\\:')}`);

function zsh(root: CompletionNode): string {
  const nodes = everyNode(root);
  const cases = nodes.flatMap((node) => {
    const values = node.options
      .filter(({ choices }) => choices.length > 0)
      .map(({ long, choices }) => `        ${long}) compadd -- ${choices.join(' ')}; return ;;`);
    return [
      `    ${quoted(words(node))})`,
      ...(values.length === 0 ? [] : ['      case "$before" in', ...values, '      esac']),
      `      commands=(${node.children.map(({ name, description }) => described(name, description)).join(' ')})`,
      `      flags=(${node.options.map(({ long, description }) => described(long, description)).join(' ')})`,
      `      files=${node.files ? '1' : ''} ;;`,
    ];
  });
  return [
    '#compdef evenkeel',
    `# zsh completion for evenkeel: evenkeel completion zsh > "\${fpath[1]}/_evenkeel"`,
    '_evenkeel() {',
    // Words split as in sh inside, whatever the user has set.
    '  emulate -L zsh -o sh_word_split',
    `  local before="\${words[CURRENT-1]}" word path_= skip= files=`,
    `  local typed="\${words[2,CURRENT-1]}"`,
    '  local -a commands flags',
    ...walk(nodes).map((line) => line.replaceAll('path', 'path_')),
    '  case "$path_" in',
    ...cases,
    '  esac',
    `  (( \${#commands} )) && _describe -t commands command commands`,
    `  if [[ "\${words[CURRENT]}" == -* ]]; then _describe -t options option flags; fi`,
    '  if [ -n "$files" ]; then _files; fi',
    '}',
    'if [ "$funcstack[1]" = "_evenkeel" ]; then _evenkeel "$@"; else compdef _evenkeel evenkeel; fi',
  ].join('\n');
}

function fish(root: CompletionNode): string {
  const nodes = everyNode(root);
  const lines = nodes.flatMap((node) => {
    const own = words(node);
    const here = own === '' ? '__evenkeel_at' : `__evenkeel_at ${own}`;
    return [
      ...node.children.map(
        ({ name, description }) =>
          `complete -c evenkeel -f -n ${quoted(here)} -a ${quoted(name)} -d ${quoted(description)}`,
      ),
      ...node.options.map(({ long, short, description, takesValue, choices }) =>
        [
          `complete -c evenkeel -n ${quoted(here)} -l ${long.slice(2)}`,
          ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
          ...(takesValue ? ['-r'] : []),
          ...(choices.length === 0 ? [] : [`-f -a ${quoted(choices.join(' '))}`]),
          `-d ${quoted(description)}`,
        ].join(' '),
      ),
      ...(node.files ? [`complete -c evenkeel -F -n ${quoted(here)}`] : []),
    ];
  });
  const known = nodes.map(words).filter((path) => path !== '');
  return [
    '# fish completion for evenkeel: evenkeel completion fish | source',
    'function __evenkeel_path',
    '  set -l path',
    '  for word in (commandline -opc)[2..-1]',
    '    set -l longer (string join " " -- $path $word)',
    `    if contains -- "$longer" ${known.map(quoted).join(' ')}`,
    '      set path $path $word',
    '    end',
    '  end',
    '  string join " " -- $path',
    'end',
    'function __evenkeel_at',
    '  test (__evenkeel_path | string collect; or echo) = "$argv"',
    'end',
    'complete -c evenkeel -f',
    ...lines,
  ].join('\n');
}

/** The completion script of a shell, made from the tree of commands. */
export function completionScript(shell: Shell, root: CompletionNode): string {
  switch (shell) {
    case 'bash':
      return bash(root);
    case 'zsh':
      return zsh(root);
    case 'fish':
      return fish(root);
  }
}
