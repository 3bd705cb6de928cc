using Pipelines.Api;

namespace Pipelines.Modules;

/// <summary>Describes a module to the engine.</summary>
internal sealed class Registration(DaggerClient client)
{
    /// <summary>The module's id, after everything in it is described.</summary>
    public string Run(ModuleDefinition definition, string mainName, CancellationToken cancellationToken)
    {
        var module = client.Module();
        if (definition.Description.Length > 0)
        {
            module = module.WithDescription(definition.Description);
        }

        module = definition.Enums.Aggregate(module, (all, one) => all.WithEnum(Describe(one)));
        module = definition.Objects.Aggregate(
            module,
            (all, one) =>
                all.WithObject(Describe(one, isMain: one.Name.Equals(mainName, StringComparison.OrdinalIgnoreCase)))
        );
        return module.Id(cancellationToken);
    }

    private TypeDef Describe(EnumDefinition definition) =>
        definition.Members.Aggregate(
            client.TypeDef().WithEnum(definition.Type.Name, OrNothing(definition.Description)),
            (type, member) => type.WithEnumMember(member.Name, OrNothing(member.Description))
        );

    private TypeDef Describe(ObjectDefinition definition, bool isMain)
    {
        var type = client.TypeDef().WithObject(definition.Name, OrNothing(definition.Description));
        foreach (var field in definition.Fields.Where(f => f.IsPublic))
        {
            type = type.WithField(field.Name, Describe(field.Shape), OrNothing(field.Description));
        }

        type = definition.Functions.Aggregate(type, (all, one) => all.WithFunction(Describe(one)));
        return isMain
            ? type.WithConstructor(
                WithArguments(client.Function("", client.TypeDef().WithObject(definition.Name)), definition.Parameters)
            )
            : type;
    }

    private Function Describe(FunctionDefinition definition)
    {
        var function = client.Function(definition.Name, Describe(definition.Returns));
        if (definition.Description.Length > 0)
        {
            function = function.WithDescription(definition.Description);
        }

        function = WithArguments(function, definition.Parameters);
        if (definition.Policy != CachePolicy.Default || definition.TimeToLive is not null)
        {
            function = function.WithCachePolicy(definition.Policy, definition.TimeToLive);
        }

        return definition.IsCheck ? function.WithCheck() : function;
    }

    private Function WithArguments(Function function, IReadOnlyList<ParameterDefinition> parameters) =>
        parameters
            .Where(p => !p.IsGiven)
            .Aggregate(
                function,
                (all, one) =>
                    all.WithArg(
                        one.Name,
                        DescribeArgument(one),
                        OrNothing(one.Description),
                        DefaultOf(one),
                        one.DefaultPath,
                        one.Ignore.Count == 0 ? null : one.Ignore
                    )
            );

    private TypeDef DescribeArgument(ParameterDefinition parameter)
    {
        var type = Describe(parameter.Shape!);
        // A default that is no JSON value is the method's own matter.
        var isFree =
            parameter.Parameter.HasDefaultValue && DefaultOf(parameter) is null && !parameter.Shape!.IsOptional;
        return isFree ? type.Optional() : type;
    }

    private static string? DefaultOf(ParameterDefinition parameter) =>
        parameter.Parameter is { HasDefaultValue: true, DefaultValue: { } value }
            ? Values.DefaultToJson(value, parameter.Shape!)
            : null;

    private TypeDef Describe(TypeShape shape)
    {
        var type = client.TypeDef();
        type = shape.Kind switch
        {
            ShapeKind.Text => type.WithKind(TypeKind.StringKind),
            ShapeKind.WholeNumber => type.WithKind(TypeKind.IntegerKind),
            ShapeKind.Number => type.WithKind(TypeKind.FloatKind),
            ShapeKind.Flag => type.WithKind(TypeKind.BooleanKind),
            ShapeKind.Nothing => type.WithKind(TypeKind.VoidKind),
            ShapeKind.Member => type.WithEnum(shape.Name),
            ShapeKind.List => type.WithListOf(Describe(shape.Element!)),
            _ => type.WithObject(shape.Name),
        };
        return shape.IsOptional ? type.Optional() : type;
    }

    private static string? OrNothing(string text) => text.Length == 0 ? null : text;
}
