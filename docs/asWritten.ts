import {
  type Application,
  type CommentDisplayPart,
  type Context,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  type Reflection,
  ReferenceType,
  ReflectionKind,
  UnionType,
} from 'typedoc'
import { isTypeAliasDeclaration, isTypeOperatorNode } from 'typescript'

/** A plugin of TypeDoc's by which the reference says what the code says, where TypeDoc of itself leaves it out or spells it out. */
export function load({ converter }: Application): void {
  converter.on(Converter.EVENT_CREATE_DECLARATION, listNames)
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    leaveOutMaking(project)
    const reflections = Object.values(project.reflections)
    for (const reflection of reflections) nameThrown(project, reflection)
    const unions = reflections.filter(isUnion)
    const aliases = unions.filter(({ kind }) => kind === ReflectionKind.TypeAlias)
    for (const alias of aliases) explainMembers(alias)
    nameAgain(project, aliases, unions)
  })
}

/** `keyof typeof entries` tells a reader nothing: the names that it stands for do. */
function listNames(context: Context, reflection: DeclarationReflection): void {
  const [declaration] = context.getSymbolFromReflection(reflection)?.declarations ?? []
  if (declaration && isTypeAliasDeclaration(declaration) && isTypeOperatorNode(declaration.type))
    reflection.comment?.modifierTags.add('@useDeclaredType')
}

/** Our errors are caught, not made; and each is called as its class. */
function leaveOutMaking(project: ProjectReflection): void {
  for (const error of project
    .getReflectionsByKind(ReflectionKind.Class)
    .filter((kind) => kind.isDeclaration()))
    for (const member of [...(error.children ?? [])])
      if (member.kind === ReflectionKind.Constructor || member.name === 'name')
        project.removeReflection(member)
}

/** Which error is thrown, before when it is. */
function nameThrown(project: ProjectReflection, { comment }: Reflection): void {
  for (const tag of comment?.getTags('@throws') ?? []) {
    const name = tag.typeAnnotation?.replace(/[{}]/g, '')
    if (name === undefined) continue
    const target = project.getChildByName(name)
    const thrown = target
      ? ({ kind: 'inline-tag', tag: '@link', text: name, target } as const)
      : ({ kind: 'code', text: `\`${name}\`` } as const)
    tag.content.unshift(thrown, { kind: 'text', text: ' ' })
  }
}

/** What stands over each name of a union, under the union. */
function explainMembers({ type, comment }: Union): void {
  const lines = (type.elementSummaries ?? []).flatMap((summary, index): CommentDisplayPart[] => {
    if (summary.length === 0) return []
    const name = type.types[index]?.toString() ?? ''
    return [
      { kind: 'text', text: '\n- ' },
      { kind: 'code', text: `\`${name}\`` },
      { kind: 'text', text: ': ' },
      ...summary,
    ]
  })
  if (lines.length > 0) comment?.summary.push({ kind: 'text', text: '\n' }, ...lines)
}

/** TypeScript forgets how a union was called: wherever it stands, it gets its name back. */
function nameAgain(project: ProjectReflection, aliases: readonly Union[], unions: readonly Union[]): void {
  const called = new Map(aliases.map((alias) => [alias.type.toString(), alias]))
  for (const union of unions) {
    const alias = called.get(union.type.toString())
    if (!alias || alias === union) continue
    Object.assign(union, { type: ReferenceType.createResolvedReference(alias.name, alias, project) })
  }
}

type Union = Reflection & { type: UnionType }

function isUnion(reflection: Reflection): reflection is Union {
  return 'type' in reflection && reflection.type instanceof UnionType
}
