import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from "graphql";
import type { ResolvedGraphqlOptions } from "./graphql-options.js";

/** What an operation asks for, at most. */
interface Measure {
  readonly depth: number;
  readonly cost: number;
  readonly aliases: number;
}

type Field = GraphQLField<unknown, unknown>;

const nothing: Measure = { depth: 0, cost: 0, aliases: 0 };
/** What a field costs more than another when it calls an action. */
const callCost = 10;

/** In the `extensions` of a field that calls an action. */
export const callingField = { callsAction: true } as const;

export type OperationLimits = Pick<ResolvedGraphqlOptions, "maxDepth" | "maxCost" | "maxAliases">;

/**
 * Refuses operations that ask for too much. It looks at each fragment once, however often it is spread, and at none
 * within itself, so that measuring costs no more than the document is long.
 */
export function operationLimits(limits: OperationLimits): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    Document(document) {
      const measure = createMeasure(document, context.getSchema());
      for (const definition of document.definitions)
        if (definition.kind === Kind.OPERATION_DEFINITION)
          for (const problem of problemsOf(measure(definition), limits))
            context.reportError(new GraphQLError(problem, { nodes: definition }));
      // The usual rules look at the rest, once this is known to be small.
      return false;
    },
  });
}

function problemsOf({ depth, cost, aliases }: Measure, { maxDepth, maxCost, maxAliases }: OperationLimits): string[] {
  const problems: string[] = [];
  if (depth > maxDepth) problems.push(`fields may be ${maxDepth} deep; here they are ${depth}`);
  if (cost > maxCost) problems.push(`an operation may cost ${maxCost}; this one costs ${cost}`);
  if (aliases > maxAliases) problems.push(`an operation may have ${maxAliases} aliases; this one has ${aliases}`);
  return problems;
}

function createMeasure(document: DocumentNode, schema: GraphQLSchema): (operation: OperationDefinitionNode) => Measure {
  const fragments = new Map(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
  const measured = new Map<string, Measure>();

  function fragment(name: string): Measure {
    const known = measured.get(name);
    if (known) return known;
    // One within itself is for the usual rules to refuse.
    measured.set(name, nothing);
    const found = fragments.get(name);
    const measure = found ? selections(found.selectionSet, schema.getType(found.typeCondition.name.value)) : nothing;
    measured.set(name, measure);
    return measure;
  }

  function selections(set: SelectionSetNode, of: GraphQLNamedType | undefined): Measure {
    return set.selections.map((selection) => one(selection, of)).reduce(together, nothing);
  }

  function one(selection: SelectionNode, of: GraphQLNamedType | undefined): Measure {
    switch (selection.kind) {
      case Kind.FRAGMENT_SPREAD:
        return fragment(selection.name.value);
      case Kind.INLINE_FRAGMENT: {
        const { typeCondition, selectionSet } = selection;
        return selections(selectionSet, typeCondition ? schema.getType(typeCondition.name.value) : of);
      }
      case Kind.FIELD:
        return field(selection, isObjectType(of) ? of.getFields()[selection.name.value] : undefined);
    }
  }

  function field({ name, alias, selectionSet }: FieldNode, known: Field | undefined): Measure {
    const inner = selectionSet ? selections(selectionSet, known && getNamedType(known.type)) : nothing;
    return {
      // Asking for the schema goes deep by nature; a rule of graphql's own bounds how deep.
      depth: name.value.startsWith("__") ? 1 : inner.depth + 1,
      cost: inner.cost + 1 + (known?.extensions.callsAction ? callCost : 0),
      aliases: inner.aliases + (alias ? 1 : 0),
    };
  }

  return ({ operation, selectionSet }) => selections(selectionSet, schema.getRootType(operation) ?? undefined);
}

function together(a: Measure, b: Measure): Measure {
  return { depth: Math.max(a.depth, b.depth), cost: a.cost + b.cost, aliases: a.aliases + b.aliases };
}
