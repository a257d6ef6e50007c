import type { Argument, Command, Option } from 'commander';

/** What can stand behind `evenkeel`, as plain data: the shells' scripts are made from it. */
export interface CompletionNode {
  /** Words from the program's name on, such as `evenkeel incidents show`. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly children: readonly CompletionNode[];
  readonly options: readonly CompletionOption[];
  /** Whether any argument is a file. */
  readonly files: boolean;
}

export interface CompletionOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

const FILE = /file|dir/i;
/** What a noun does when no verb is said: its options can stand behind the noun. */
const UNSAID: readonly string[] = ['list', 'status'];
const isFile = (argument: Argument): boolean => FILE.test(argument.name());

function optionOf({ long, short, description, required, optional, argChoices }: Option): CompletionOption[] {
  if (long == null) return [];
  return [
    {
      long,
      short: short ?? undefined,
      description,
      takesValue: required || optional,
      choices: argChoices ?? [],
    },
  ];
}

/** Reads commander's tree. Options of the program are those of every command. */
export function completionTree(
  command: Command,
  above = '',
  inherited: readonly CompletionOption[] = [],
): CompletionNode {
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  const own = command.options.flatMap(optionOf);
  const global = own.filter(({ long }) => long === '--json');
  const silent = command.commands.find((child) => UNSAID.includes(child.name()));
  return {
    path,
    name: command.name(),
    description: command.description(),
    children: command.commands.map((child) => completionTree(child, path, [...global, ...inherited])),
    options: [
      ...own,
      ...(silent?.options.flatMap(optionOf) ?? []),
      ...inherited,
      { long: '--help', short: '-h', description: 'help for the command', takesValue: false, choices: [] },
    ],
    files: command.registeredArguments.some(isFile),
  };
}

/** The node and all below it. */
export function everyNode(node: CompletionNode): readonly CompletionNode[] {
  return [node, ...node.children.flatMap(everyNode)];
}
